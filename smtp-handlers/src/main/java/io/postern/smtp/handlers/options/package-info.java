/** What options classes check alike. Shared by the handlers, exported to nobody. */
@NullMarked
package io.postern.smtp.handlers.options;

import org.jspecify.annotations.NullMarked;
