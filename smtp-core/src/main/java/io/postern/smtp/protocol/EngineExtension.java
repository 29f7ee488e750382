package io.postern.smtp.protocol;

import java.util.Optional;
import java.util.Set;

/**
 * What the engine has to know of an extension that the application adds.
 *
 * @param verb its verb, if it has one
 * @param ehloLine its line in the reply to EHLO, if it has one
 * @param mailParameters the keywords of its parameters of MAIL
 * @param rcptParameters the keywords of its parameters of RCPT
 */
public record EngineExtension(
        Optional<ExtensionVerb> verb,
        Optional<String> ehloLine,
        Set<String> mailParameters,
        Set<String> rcptParameters) {}
