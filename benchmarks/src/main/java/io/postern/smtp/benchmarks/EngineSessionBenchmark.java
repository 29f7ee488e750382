package io.postern.smtp.benchmarks;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.protocol.Auth;
import io.postern.smtp.protocol.CommandCalls;
import io.postern.smtp.protocol.Dialect;
import io.postern.smtp.protocol.EngineSettings;
import io.postern.smtp.protocol.Limits;
import io.postern.smtp.protocol.SmtpEngine;
import io.postern.smtp.protocol.StartTls;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a message of 1 KB cost in the engine, without any socket? With {@code -prof gc} it also tells how much memory
 * it takes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EngineSessionBenchmark {

    private static final String LINE =
            "This line of a message has seventy-eight octets, its end not counted, I think.\r\n";
    private static final String BODY = "Subject: benchmark\r\n\r\n" + LINE.repeat(12) + ".\r\n";

    /** How the client cuts the message: a command a segment, an envelope and a body, or all in one. */
    @Param({"lockstep", "pipelined", "burst"})
    public String style = "";

    private List<byte[]> segments = List.of();
    private SinkOutput output = new SinkOutput();

    @SuppressWarnings("NullAway.Init") // set before the first use
    private SmtpEngine engine;

    @Setup(Level.Iteration)
    public void greet() {
        Limits limits =
                new Limits(512, 1_000, 0, 1_000, 33_554_432, 1_048_576, 100, 0, 0, CommandCalls.UNLIMITED, 5, 3, 20);
        EngineSettings settings = new EngineSettings(
                Dialect.SMTP,
                "bench.example",
                limits,
                true,
                false,
                BareNewlines.REJECT,
                StartTls.NONE,
                Auth.NONE,
                List.of());
        output = new SinkOutput();
        engine = new SmtpEngine(settings, output);
        output.connectTo(engine);
        engine.start(false);
        feed("EHLO client.example\r\n".getBytes(StandardCharsets.US_ASCII));
        segments = segments();
    }

    private List<byte[]> segments() {
        String mail = "MAIL FROM:<sender@example.org>\r\n";
        String rcpt = "RCPT TO:<recipient@example.org>\r\n";
        String data = "DATA\r\n";
        List<String> texts = switch (style) {
            case "lockstep" -> List.of(mail, rcpt, data, BODY);
            case "pipelined" -> List.of(mail + rcpt + data, BODY);
            case "burst" -> List.of(mail + rcpt + data + BODY);
            default -> throw new IllegalArgumentException(style);
        };
        return texts.stream()
                .map(text -> text.getBytes(StandardCharsets.US_ASCII))
                .toList();
    }

    /** One message over a session that is kept. */
    @Benchmark
    public long message() {
        for (byte[] segment : segments) {
            feed(segment.clone()); // as each read of a socket gives an array of its own
        }
        return output.octets();
    }

    private void feed(byte[] segment) {
        engine.receive(segment, 0, segment.length);
    }
}
