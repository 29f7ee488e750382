package io.postern.smtp.protocol;

/**
 * A verb that an extension adds.
 *
 * @param name the verb in upper case
 * @param syntax how it is used, for HELP
 */
public record ExtensionVerb(String name, String syntax) {}
