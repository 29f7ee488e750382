package io.postern.smtp.protocol;

import io.postern.smtp.BareNewlines;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * How fast is the text of a message unpacked: with lines of different lengths, with dots at their beginning, and in pieces of
 * the sizes that reads of a socket give? One call unpacks 64 KB, a copy of it included.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BodyDecoderBenchmark {

    private static final int SIZE = 65_536;
    private static final int LINE_LIMIT = 1_000;

    /** The length of a line, its end counted. */
    @Param({"10", "78", "998"})
    public int line;

    /** Of how many lines one begins with a dot, 0 for none. */
    @Param({"0", "10", "1"})
    public int dots;

    /** How many octets come at a time. */
    @Param({"65536", "1460", "100"})
    public int cut;

    private byte[] text = {};
    private byte[] read = {};

    @Setup
    public void write() {
        StringBuilder all = new StringBuilder(SIZE + line);
        for (int i = 0; all.length() < SIZE; i++) {
            String begin = dots > 0 && i % dots == 0 ? ".." : "";
            all.append(begin).append("x".repeat(line - 2 - begin.length())).append("\r\n");
        }
        text = all.substring(0, SIZE).getBytes(StandardCharsets.US_ASCII);
        read = new byte[SIZE];
    }

    @Benchmark
    public boolean decode(Blackhole blackhole) {
        System.arraycopy(text, 0, read, 0, SIZE); // it is unpacked in place
        BodyDecoder decoder = new BodyDecoder(true, BareNewlines.REJECT, LINE_LIMIT, new BodyDecoder.Sink() {
            @Override
            public void content(byte[] bytes, int from, int to) {
                blackhole.consume(to);
            }

            @Override
            public void wrong(Violation violation) {
                throw new IllegalStateException(violation + " in " + Arrays.hashCode(read));
            }
        });
        for (int from = 0; from < SIZE; from += cut) {
            decoder.decode(read, from, Math.min(from + cut, SIZE));
        }
        return decoder.ended();
    }
}
