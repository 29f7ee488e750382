/**
 * Handlers made of handlers: {@link io.postern.smtp.handlers.routing.HandlerChain} puts policies in front of the one that
 * takes the messages, {@link io.postern.smtp.handlers.routing.RecipientRouter} and {@link
 * io.postern.smtp.handlers.routing.ListenerRouter} find the one that does. {@code RateLimit}, {@code AllowList} and
 * {@code Greylist} are such policies, and show how one is written.
 */
@NullMarked
package io.postern.smtp.handlers.routing;

import org.jspecify.annotations.NullMarked;
