/**
 * Bodies that a handler hands on to somebody who reads them as if they came from a server. Shared by the handlers, exported to
 * nobody.
 */
@NullMarked
package io.postern.smtp.handlers.stream;

import org.jspecify.annotations.NullMarked;
