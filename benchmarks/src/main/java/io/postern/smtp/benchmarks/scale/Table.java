package io.postern.smtp.benchmarks.scale;

import io.postern.smtp.SmtpServerOptions;
import io.postern.smtp.benchmarks.Descriptors;
import io.postern.smtp.benchmarks.Mail;
import io.postern.smtp.benchmarks.ServerProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A question, and what is measured to answer it. */
enum Table {
    /** What does a message cost as it grows? */
    SIZES("KB") {
        @Override
        List<Line> open(Bench bench, Extent extent) throws IOException {
            ServerProcess server =
                    bench.server(new SmtpServerOptions().setDataSizeLimit(2 * extent.largestMessage()), 1);
            List<Line> lines = new ArrayList<>();
            for (long size = 1_000; size <= extent.largestMessage(); size *= 10) {
                String title = size < 1_000_000 ? size / 1_000 + " KB" : size / 1_000_000 + " MB";
                lines.add(bench.line(title, size / 1e3, server, FEW, Mail.ofSize(size)));
            }
            return lines;
        }
    },
    /** What does a message cost as it has more recipients? */
    RECIPIENTS("recipient") {
        @Override
        List<Line> open(Bench bench, Extent extent) throws IOException {
            ServerProcess server =
                    bench.server(new SmtpServerOptions().setMaxRecipients(2 * extent.mostRecipients()), 1);
            List<Line> lines = new ArrayList<>();
            for (int recipients = 1; recipients <= extent.mostRecipients(); recipients *= 10) {
                lines.add(bench.line(number(recipients), recipients, server, FEW, Mail.of(recipients, SMALL)));
            }
            return lines;
        }
    },
    /** How many more messages are taken by as many event loops as there are processors? */
    LOOPS("") {
        @Override
        List<Line> open(Bench bench, Extent extent) throws IOException {
            ServerProcess one = bench.server(new SmtpServerOptions(), 1);
            int processors = Runtime.getRuntime().availableProcessors();
            ServerProcess all = bench.server(new SmtpServerOptions(), processors);
            Mail single = Mail.ofSize(SMALL);
            Mail batch = Mail.atOnce(BATCH, SMALL);
            String many = processors + " loops, ";
            Line oneAtOnce = bench.line("1 loop, " + BATCH + " at once", 1, one, SOME, batch);
            Line allAtOnce = bench.line(many + BATCH + " at once", 1, all, SOME, batch);
            Line oneByOne = bench.line("1 loop, one by one", 1, one, SOME, single);
            Line allOneByOne = bench.line(many + "one by one", 1, all, SOME, single);
            return List.of(oneAtOnce, allAtOnce.comparedWith(oneAtOnce), oneByOne, allOneByOne.comparedWith(oneByOne));
        }
    },
    /** What do many connections cost those that send, and how much memory do they take? */
    CONNECTIONS("") {
        @Override
        List<Line> open(Bench bench, Extent extent) throws IOException {
            // those of this process to both servers; a server has fewer
            int idle = Math.max(0, Descriptors.connections(2 * extent.active() + extent.idle()) - 2 * extent.active());
            Mail mail = Mail.ofSize(SMALL);
            String active = number(extent.active()) + " active";
            ServerProcess alone = bench.server(new SmtpServerOptions(), 1);
            ServerProcess crowded = bench.server(new SmtpServerOptions(), 1);
            Line first = bench.line(active, 1, alone, extent.active(), mail);
            Line second = bench.line(active + ", " + number(idle) + " idle", 1, crowded, extent.active(), mail);
            second.run(extent.warmUp()); // so that what is there once is there before it is counted
            long before = crowded.liveHeap();
            bench.idle(crowded, idle);
            long octets = crowded.liveHeap() - before;
            System.out.printf(
                    Locale.ROOT,
                    "%,d idle connections%s: %,d octets of live heap each%n",
                    idle,
                    idle < extent.idle() ? ", as there are no more descriptors" : "",
                    octets / Math.max(1, idle));
            return List.of(first, second.comparedWith(first));
        }
    };

    /** How many connections suffice to keep one event loop busy. */
    private static final int FEW = 4;

    /** As many as have the same share of each event loop. */
    private static final int SOME = 20;

    /** What is small for a message, in octets. */
    private static final int SMALL = 1_000;

    /** How many messages a client sends at once that is to cost little itself. */
    private static final int BATCH = 20;

    private final String unit;

    Table(String unit) {
        this.unit = unit;
    }

    /** What a message has more or less of; empty when all lines have the same messages. */
    String unit() {
        return unit;
    }

    /** Starts what is to be measured. */
    abstract List<Line> open(Bench bench, Extent extent) throws IOException;

    private static String number(int count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
