package io.postern.smtp.testkit.conformance;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.WireReply;
import io.postern.smtp.testkit.conformance.ConformanceReport.Outcome;
import io.postern.smtp.testkit.conformance.ConformanceReport.Result;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the cases of RFC 5321 and its extensions against a server, whoever made it, and tells which it gets wrong:
 *
 * <pre>{@code
 * ConformanceReport report = Conformance.run(ConformanceTarget.smtp(new InetSocketAddress("127.0.0.1", 2525)));
 * System.out.println(report);
 * report.assertPassed();
 * }</pre>
 *
 * <p>The server has to take messages of this client; they are a few dozen and small. Cases for an extension that the server
 * does not offer are skipped. Each case has a connection of its own, one after the other. Blocks until all have been run.
 */
public final class Conformance {

    private Conformance() {}

    /** The cases for a server of SMTP, or of LMTP. */
    public static List<ConformanceCase> cases(boolean lmtp) {
        return Stream.of(
                        lmtp ? LmtpCases.all() : SessionCases.all(),
                        TransactionCases.all(),
                        SmugglingCases.all(),
                        ExtensionCases.all())
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Runs all cases.
     *
     * @throws UncheckedIOException when the server cannot be reached
     * @throws AssertionError when it does not greet, or says no hello
     */
    public static ConformanceReport run(ConformanceTarget target) {
        Set<String> offered = offered(target);
        List<Result> results = new ArrayList<>();
        for (ConformanceCase one : cases(target.lmtp())) {
            results.add(offered.containsAll(one.needs()) ? run(one, target) : new Result(one, Outcome.SKIPPED, ""));
        }
        return new ConformanceReport(target, results);
    }

    /** The keywords of the server's reply to EHLO, in upper case. */
    private static Set<String> offered(ConformanceTarget target) {
        try (RawSmtpClient client = target.connect()) {
            client.expect(220);
            WireReply reply =
                    client.command(target.hello() + " conformance.example").expect(250);
            return reply.lines().stream()
                    .skip(1)
                    .map(line -> line.split(" ", 2)[0].toUpperCase(Locale.ROOT))
                    .collect(Collectors.toSet());
        }
    }

    private static Result run(ConformanceCase one, ConformanceTarget target) {
        try (RawSmtpClient client = target.connect()) {
            one.check().lead(target, client);
            return new Result(one, Outcome.PASSED, "");
        } catch (AssertionError | RuntimeException fault) { // whatever a server does, the other cases are run
            return new Result(one, Outcome.FAILED, String.valueOf(fault.getMessage()));
        }
    }

    /**
     * {@code Conformance HOST PORT [smtp|lmtp [SENDER RECIPIENT]]}: prints the report, exits with 1 when a MUST is broken, and
     * with 2 when nothing could be tried.
     */
    public static void main(String[] args) {
        try {
            ConformanceReport report = run(target(args));
            System.out.println(report);
            System.exit(report.isConformant() ? 0 : 1);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage() + "\nusage: Conformance HOST PORT [smtp|lmtp [SENDER RECIPIENT]]");
        } catch (UncheckedIOException | AssertionError unreachable) {
            System.err.println(unreachable.getMessage());
        }
        System.exit(2);
    }

    /** @throws IllegalArgumentException when an argument makes no sense; it names what is allowed */
    static ConformanceTarget target(String... args) {
        if (args.length < 2 || args.length == 4 || args.length > 5) {
            throw new IllegalArgumentException(args.length + " arguments; allowed are 2, 3 or 5");
        }
        InetSocketAddress address = new InetSocketAddress(args[0], port(args[1]));
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(
                    "HOST is " + args[0] + "; allowed is an address, or a name that has one");
        }
        String protocol = args.length > 2 ? args[2] : "smtp";
        ConformanceTarget target = switch (protocol) {
            case "smtp" -> ConformanceTarget.smtp(address);
            case "lmtp" -> ConformanceTarget.lmtp(address);
            default ->
                throw new IllegalArgumentException("the protocol is " + protocol + "; allowed are smtp and lmtp");
        };
        return args.length == 5 ? target.with(args[3], args[4]) : target;
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65_535 || Integer.parseInt(text) == 0) {
            throw new IllegalArgumentException("PORT is " + text + "; allowed is 1 to 65535");
        }
        return Integer.parseInt(text);
    }
}
