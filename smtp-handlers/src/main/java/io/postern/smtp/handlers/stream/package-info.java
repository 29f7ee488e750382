/**
 * Bodies that a handler hands on to somebody who reads them as if they came from a server, and who is called for that, and
 * where. Shared by the handlers, exported to nobody.
 */
@NullMarked
package io.postern.smtp.handlers.stream;

import org.jspecify.annotations.NullMarked;
