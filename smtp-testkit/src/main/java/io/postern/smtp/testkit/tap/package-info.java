/**
 * What lies beneath the faults and the transcripts: {@link io.postern.smtp.testkit.tap.ServerTap} is put on a server,
 * {@link io.postern.smtp.testkit.tap.SessionTap} accompanies a connection, {@link io.postern.smtp.testkit.tap.WireFilter}
 * holds its octets. Not exported.
 */
@NullMarked
package io.postern.smtp.testkit.tap;

import org.jspecify.annotations.NullMarked;
