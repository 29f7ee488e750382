package io.postern.smtp.sasl;

import java.util.Optional;

/**
 * What GS2 mechanisms begin their first message with (RFC 5801 §4, RFC 5802 §7):
 * {@code ("p=" cb-name / "n" / "y") "," ["a=" saslname] ","}.
 *
 * @param flag {@code n}: the client knows no channel binding; {@code y}: it does, but thinks that the server does not;
 *     {@code p}: it uses one
 * @param binding the kind of channel binding with {@code p}, else empty
 * @param text the header itself, as it is bound to the rest of the exchange
 */
record Gs2Header(char flag, String binding, String authorizationId, String text) {

    static Optional<Gs2Header> parse(String message) {
        int flagEnd = message.indexOf(',');
        int end = flagEnd < 0 ? -1 : message.indexOf(',', flagEnd + 1);
        if (end < 0) {
            return Optional.empty();
        }
        String flag = message.substring(0, flagEnd);
        String authorization = message.substring(flagEnd + 1, end);
        boolean bound = flag.startsWith("p=");
        if (!(bound ? isBindingName(flag.substring(2)) : flag.equals("n") || flag.equals("y"))) {
            return Optional.empty();
        }
        Optional<String> authorizationId = authorization.isEmpty()
                ? Optional.of("")
                : authorization.startsWith("a=") ? saslName(authorization.substring(2)) : Optional.empty();
        return authorizationId.map(
                id -> new Gs2Header(flag.charAt(0), bound ? flag.substring(2) : "", id, message.substring(0, end + 1)));
    }

    // cb-name = 1*(ALPHA / DIGIT / "." / "-")
    private static boolean isBindingName(String name) {
        return name.matches("[A-Za-z0-9.-]{1,64}");
    }

    /** A name in which {@code =2C} stands for a comma and {@code =3D} for an equals sign (RFC 5802 §5.1). */
    static Optional<String> saslName(String encoded) {
        if (encoded.indexOf(',') >= 0) {
            return Optional.empty();
        }
        for (int i = encoded.indexOf('='); i >= 0; i = encoded.indexOf('=', i + 1)) {
            if (!encoded.startsWith("2C", i + 1) && !encoded.startsWith("3D", i + 1)) {
                return Optional.empty();
            }
        }
        return Optional.of(encoded.replace("=2C", ",").replace("=3D", "=")).filter(Text::isName);
    }
}
