package io.postern.smtp.sasl;

import java.util.Map;
import java.util.Objects;

/**
 * Who a client has proved to be.
 *
 * @param authenticationId whose credentials they were
 * @param authorizationId whom the client acts for; in most cases the same (RFC 4422 §2)
 * @param attributes whatever else the authenticator wants a handler to know; values are not printed
 */
public record Identity(String authenticationId, String authorizationId, Map<String, Object> attributes) {

    public Identity {
        Objects.requireNonNull(authenticationId, "authenticationId");
        Objects.requireNonNull(authorizationId, "authorizationId");
        attributes = Map.copyOf(attributes);
    }

    /** Someone who acts for themselves. */
    public static Identity of(String authenticationId) {
        return new Identity(authenticationId, authenticationId, Map.of());
    }

    /** This identity acting for {@code authorizationId}. */
    public Identity actingFor(String authorizationId) {
        return new Identity(authenticationId, authorizationId, attributes);
    }

    // the values may be tokens
    @Override
    public String toString() {
        return "Identity[authenticationId=" + authenticationId + ", authorizationId=" + authorizationId
                + ", attributes=" + attributes.keySet() + "]";
    }
}
