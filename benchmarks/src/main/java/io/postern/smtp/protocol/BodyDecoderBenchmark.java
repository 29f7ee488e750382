package io.postern.smtp.protocol;

import io.postern.smtp.BareNewlines;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast is the text of a message unpacked, by the length of its lines and by how many of them begin with a dot? An
 * operation is one region of 64 KiB, as a socket gives them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BodyDecoderBenchmark {

    private static final int REGION = 65_536;

    /** Octets of a line, its end counted. */
    @Param({"10", "80", "998"})
    public int lineLength;

    /** How many lines of a hundred begin with a dot. */
    @Param({"0", "1", "100"})
    public int dots;

    private final byte[] template = new byte[REGION];
    private final byte[] region = new byte[REGION];
    private long octets;

    @SuppressWarnings("NullAway.Init") // set before the first use
    private BodyDecoder decoder;

    @Setup
    public void fill() {
        Random random = new Random(1);
        for (int i = 0; i < REGION; i++) {
            int column = i % lineLength;
            template[i] = (byte) ('a' + random.nextInt(26));
            if (column == 0 && random.nextInt(100) < dots) {
                template[i] = '.';
            } else if (column == lineLength - 2) {
                template[i] = '\r';
            } else if (column == lineLength - 1) {
                template[i] = '\n';
            }
        }
        // the last line, cut short, must not begin the next region in mid-line
        template[REGION - 2] = '\r';
        template[REGION - 1] = '\n';
        decoder = new BodyDecoder(true, BareNewlines.REJECT, 1_000, new BodyDecoder.Sink() {
            @Override
            public void content(byte[] bytes, int from, int to) {
                octets += to - from;
            }

            @Override
            public void wrong(Violation violation) {
                throw new IllegalStateException(violation.name());
            }
        });
    }

    /** The decoder with a copy of the region in front of it, which it overwrites. */
    @Benchmark
    public long decode() {
        System.arraycopy(template, 0, region, 0, REGION);
        decoder.decode(region, 0, REGION);
        return octets;
    }
}
