/**
 * A transport of Vert.x that stays in memory and on one thread: what a server does on it takes no socket, no thread and no
 * time but those of the test.
 */
@NullMarked
package io.postern.smtp.testkit.memory;

import org.jspecify.annotations.NullMarked;
