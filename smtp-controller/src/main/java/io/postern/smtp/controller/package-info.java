/**
 * Starting and stopping a server from any thread, or on a Vert.x instance that the caller owns.
 */
@NullMarked
package io.postern.smtp.controller;

import org.jspecify.annotations.NullMarked;
