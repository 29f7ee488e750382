package io.postern.smtp.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Covers;
import io.postern.smtp.EhloReply;
import io.postern.smtp.Envelope;
import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Sessions made up from a seed. Half of them are in disorder: whatever they hold, what the server says is well formed and
 * the same over any cut. The others have messages that are in order, among commands that need not be: there each command
 * has one reply, and the handler gets what a slow and simple reading of the message gives. A failure names the seed;
 * {@code -Dpostern.seed=...} runs that one alone.
 */
class GeneratedSessionsTest {

    private static final int SESSIONS = 1_000;
    private static final long FIRST_SEED = 1;

    private static final String REPLY_LINE = "[2-5][0-9][0-9][ -][ -~]*";

    private static final List<String> WORDS = List.of(
            "EHLO client.example",
            "EHLO",
            "HELO client.example",
            "LHLO x",
            "NOOP",
            "NOOP again",
            "RSET",
            "RSET x",
            "VRFY someone",
            "EXPN list",
            "HELP",
            "HELP mail",
            "HELP nothing",
            "DATA x",
            "XFOO bar",
            "NONSENSE",
            "STARTTLS",
            "STARTTLS now",
            "AUTH",
            "AUTH PLAIN AGEAYg==",
            "AUTH PLAIN refused",
            "AUTH NONSENSE",
            "",
            "MAIL FROM:<>",
            "MAIL FROM:<a@b.example>",
            "MAIL FROM:<a@b.example> SIZE=5 BODY=8BITMIME",
            "MAIL FROM:<a@b.example> BODY=BINARYMIME",
            "MAIL FROM:<a@b.example> PRDR",
            "MAIL FROM:<ü@b.example> SMTPUTF8",
            "MAIL FROM:<ü@b.example>",
            "MAIL FROM:<a@b.example> SIZE=99999",
            "MAIL FROM:<a@b.example> X=Y",
            "MAIL FROM:<a@b",
            "MAIL",
            "RCPT TO:<a@b.example>",
            "RCPT TO:<c@d.example>",
            "RCPT TO:<refused@b.example>",
            "RCPT TO:<ü@b.example>",
            "RCPT TO:<a@b.example> NOTIFY=NEVER",
            "RCPT TO:<a@b.example> NOTIFY=SELDOM",
            "RCPT TO:<>",
            "RCPT",
            "NOOP\0",
            "NOOP\rNOOP",
            "NOOP\nNOOP",
            "NOOP\r",
            "NOOP \u00FF",
            "N".repeat(600),
            "N".repeat(1100),
            "MAIL FROM:<" + "a".repeat(500) + "@b.example>");

    private static final List<String> TEXT = List.of(
            "a",
            "bc",
            "hello world",
            ".",
            "..",
            "\r\n",
            "\r\n",
            "\r\n.",
            "\r\n..",
            "\r",
            "\n",
            "\0",
            "\u00E9",
            ".\r",
            "\n.\n",
            "\r\n.\n",
            "\r.\r",
            "QUIT\r\n",
            "12345678",
            "x".repeat(30),
            "NOOP\r\nNOOP\r\n");

    /** What makes a mess of a session: messages without commands, and commands without messages. */
    private static final List<String> DISORDER = List.of(
            "DATA",
            "BDAT 0",
            "BDAT 3 LAST",
            "BDAT 12",
            "BDAT",
            "BDAT\t1",
            ".",
            "AUTH PLAIN",
            "AUTH PLAIN",
            "*",
            "AGEA");

    @Test
    @Covers({"RFC 5321 §4.2", "RFC 5321 §4.5.2", "RFC 3030 §2", "RFC 2920 §3.1"})
    void everySessionIsAnsweredWellFormedAndTheSameOverAnyCut() {
        String one = System.getProperty("postern.seed");
        if (one != null) {
            new Session(Long.parseLong(one)).check();
            return;
        }
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SESSIONS; seed++) {
            new Session(seed).check();
        }
    }

    @Test
    void theSessionsHaveMessagesThatAreAcceptedAndSuchThatFail() {
        int accepted = 0;
        int failed = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 200; seed++) {
            Session session = new Session(seed);
            RecordingOutput output = session.run(List.of(session.all()), false);
            accepted += output.messages().size();
            failed += output.failures();
        }
        assertThat(accepted).isGreaterThan(200);
        assertThat(failed).isGreaterThan(200);
    }

    /** What the client says, and what is known beforehand of what comes of it. */
    private static final class Session implements RecordingOutput.Application {
        private final long seed;
        private final Random random;
        private final boolean orderly;
        private final boolean lmtp;
        private final BareNewlines policy;
        private final int messageSize;
        private final int textLine;
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private final List<String> contents = new ArrayList<>();
        private int replies = 1; // the greeting

        Session(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.orderly = random.nextBoolean();
            this.lmtp = random.nextInt(4) == 0;
            this.policy = any(List.of(BareNewlines.values()));
            this.messageSize = random.nextBoolean() ? 0 : 60;
            this.textLine = random.nextBoolean() ? 0 : 25;
            for (int i = random.nextInt(20); i >= 0; i--) {
                if (random.nextInt(3) == 0) {
                    message();
                } else {
                    command(any(WORDS));
                    if (!orderly && random.nextInt(3) == 0) {
                        command(any(DISORDER));
                        octets(text());
                    }
                }
            }
            command("QUIT");
        }

        private <T> T any(List<T> some) {
            return some.get(random.nextInt(some.size()));
        }

        private void command(String line) {
            said.writeBytes((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            replies++;
        }

        private void octets(String text) {
            said.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        private String text() {
            return random.ints(random.nextInt(12), 0, TEXT.size())
                    .mapToObj(TEXT::get)
                    .collect(Collectors.joining());
        }

        private void message() {
            boolean chunked = random.nextBoolean();
            boolean binary = chunked && random.nextInt(4) == 0;
            boolean prdr = !lmtp && random.nextInt(3) == 0;
            int recipients = 1 + random.nextInt(3);
            command(lmtp ? "LHLO client.example" : "EHLO client.example");
            command("MAIL FROM:<a@b.example>" + (binary ? " BODY=BINARYMIME" : "") + (prdr ? " PRDR" : ""));
            for (int i = 0; i < recipients; i++) {
                command("RCPT TO:<r" + i + "@b.example>");
            }
            int before = contents.size();
            if (chunked) {
                chunks(lmtp ? 1 : 1 + random.nextInt(3), binary);
            } else {
                command("DATA");
                replies++;
                String body = body();
                octets(body + ".\r\n");
                expect(withoutDots(body), false);
            }
            replies += lmtp ? recipients - 1 : 0;
            if (prdr && recipients > 1 && contents.size() > before) {
                replies += recipients + 1; // 353 and one for each; a message that is refused as a whole has neither
            }
        }

        private void chunks(int count, boolean binary) {
            StringBuilder whole = new StringBuilder();
            for (int i = 1; i <= count; i++) {
                String chunk = text();
                command("BDAT " + chunk.length() + (i == count ? " LAST" : ""));
                octets(chunk);
                whole.append(chunk);
            }
            expect(whole.toString(), binary);
        }

        /** The body of a message as it is sent, in which its end does not come too early. */
        private String body() {
            while (true) {
                String text = text();
                String body = text.isEmpty() || text.endsWith("\r\n") ? text : text + "\r\n";
                String transfer = "\r\n" + body + ".\r\n";
                if (transfer.indexOf("\r\n.\r\n") == transfer.length() - 5) {
                    return body;
                }
            }
        }

        private static String withoutDots(String body) {
            return Arrays.stream(body.split("\r\n", -1))
                    .map(line -> line.startsWith(".") ? line.substring(1) : line)
                    .collect(Collectors.joining("\r\n"));
        }

        /** Notes the content, if it is to be accepted. */
        private void expect(String content, boolean binary) {
            String normal = content.replaceAll("\r(?!\n)|(?<!\r)\n", "\r\n");
            boolean hasBareNewline = !normal.equals(content);
            boolean hasLongLine = textLine > 0
                    && Arrays.stream(content.split("\r\n|\r|\n")).anyMatch(line -> line.length() > textLine - 2);
            boolean wrong = hasLongLine || (hasBareNewline && policy == BareNewlines.REJECT);
            String given = policy == BareNewlines.NORMALIZE && !binary ? normal : content;
            boolean tooLarge = messageSize > 0 && given.length() > messageSize;
            if ((binary || !wrong) && !tooLarge) {
                contents.add(given);
            }
        }

        void check() {
            RecordingOutput whole = run(List.of(all()), false);
            same(whole, run(List.of(all()), true), "in one piece, answers given later");
            same(whole, run(cut(1), false), "octet by octet");
            same(whole, run(cut(20), true), "cut at random, answers given later");

            assertThat(whole.sent().split("\r\n", -1))
                    .as("seed %d: lines", seed)
                    .allMatch(line -> line.isEmpty() || (line.length() <= 510 && line.matches(REPLY_LINE)));
            assertThat(whole.isClosed()).as("seed %d: closed", seed).isTrue();
            if (orderly) {
                assertThat(whole.messages()).as("seed %d: messages", seed).isEqualTo(contents);
                assertThat(whole.sentLines().stream().filter(line -> line.charAt(3) == ' '))
                        .as("seed %d: replies", seed)
                        .hasSize(replies);
            }
        }

        private void same(RecordingOutput expected, RecordingOutput actual, String how) {
            assertThat(actual.sent()).as("seed %d: sent %s", seed, how).isEqualTo(expected.sent());
            assertThat(actual.questions()).as("seed %d: asked %s", seed, how).isEqualTo(expected.questions());
            assertThat(actual.messages()).as("seed %d: messages %s", seed, how).isEqualTo(expected.messages());
            assertThat(actual.failures()).as("seed %d: failed %s", seed, how).isEqualTo(expected.failures());
        }

        byte[] all() {
            return said.toByteArray();
        }

        private List<byte[]> cut(int longest) {
            byte[] all = all();
            List<byte[]> regions = new ArrayList<>();
            int from = 0;
            while (from < all.length) {
                int to = Math.min(all.length, from + 1 + random.nextInt(longest));
                regions.add(Arrays.copyOfRange(all, from, to));
                from = to;
            }
            return regions;
        }

        RecordingOutput run(List<byte[]> regions, boolean later) {
            EngineSettings settings = (lmtp ? EngineHarness.lmtp() : EngineHarness.smtp())
                    .textLine(textLine)
                    .recipients(3)
                    .messageSize(messageSize)
                    .budgets(100, 100)
                    .prdr()
                    .bareNewlines(policy)
                    .auth("PLAIN")
                    .settings();
            EngineHarness.Run run = new EngineHarness.Run(settings, new RecordingOutput(this, later));
            run.engine.start(false);
            run.settle();
            regions.forEach(run::feed);
            if (!orderly) {
                run.engine.disconnected(); // in the midst of a message perhaps
            }
            return run.output;
        }

        @Override
        public Reply answer(String question) {
            if (question.equals("CONNECT")) {
                return Reply.of(220, EngineHarness.HOST);
            }
            if (question.equals("AUTH PLAIN")) {
                return Reply.of(334, "");
            }
            if (question.equals("QUIT")) {
                return Replies.BYE;
            }
            // by the question, so that it is the same in every run
            int chance = Math.floorMod(question.hashCode() * 31 + (int) seed, 12);
            boolean refuses = question.contains("refused") || (!orderly && chance == 0);
            return refuses ? Reply.of(450, "No: " + "refused ".repeat((int) seed % 150)) : Replies.OK;
        }

        @Override
        public List<Reply> answerToEach(Envelope envelope) {
            List<Reply> each = List.of(Replies.OK, Reply.of(450, "Not now"), Reply.of(550, "Never"));
            return each.subList(0, envelope.recipients().size());
        }

        @Override
        public EhloReply ehlo(EhloReply planned) {
            return planned;
        }

        @Override
        public List<String> mechanisms(boolean secure) {
            return List.of("PLAIN");
        }

        @Override
        public int answersMessageAfter() {
            return !orderly && seed % 5 == 0 ? 0 : -1;
        }
    }
}
