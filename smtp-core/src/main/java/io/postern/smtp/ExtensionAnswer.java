package io.postern.smtp;

/**
 * What an {@link Extension} answers its verb with: a {@link Reply}; a {@link ClientOverride}, when the client speaks for
 * another one, for whom the session begins anew; or a {@link ForwardedClient}, when it tells where its next message comes
 * from.
 */
public sealed interface ExtensionAnswer permits Reply, ClientOverride, ForwardedClient {}
