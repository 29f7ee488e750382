/**
 * Messages that are answered elsewhere: {@link io.postern.smtp.handlers.eventbus.EventBusHandler} puts them on the event bus
 * of Vert.x, and {@link io.postern.smtp.handlers.eventbus.EventBusConsumer} takes them from there, in the same process or on
 * another node of a cluster.
 */
@NullMarked
package io.postern.smtp.handlers.eventbus;

import org.jspecify.annotations.NullMarked;
