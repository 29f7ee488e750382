package io.postern.smtp;

/**
 * The {@code ORCPT} parameter of RCPT: the recipient as the sender's system named it (RFC 3461 §4.2).
 *
 * @param addressType the kind of address, such as {@code rfc822} or {@code utf-8}, in the client's spelling
 * @param address the address with its xtext decoded
 */
public record OriginalRecipient(String addressType, String address) {}
