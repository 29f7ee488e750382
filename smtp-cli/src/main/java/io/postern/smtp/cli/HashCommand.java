package io.postern.smtp.cli;

import io.postern.smtp.sasl.PasswordHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * {@code postern hash}: prints what stands in a users file for a password. The password comes from standard input, since
 * arguments can be seen by everybody on the machine.
 */
@Command(
        name = "postern hash",
        mixinStandardHelpOptions = true,
        versionProvider = Postern.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "Prints a verifier for --users of the password on standard input.")
final class HashCommand implements Callable<Integer> {

    private static final class Kind {

        @Option(names = "--scram", description = "For SCRAM-SHA-256, PLAIN and LOGIN (default).")
        @SuppressWarnings("UnusedVariable") // it is what there is without the other
        private boolean scram;

        @Option(names = "--pbkdf2", description = "For PLAIN and LOGIN only.")
        private boolean pbkdf2;
    }

    @ArgGroup
    private Kind kind = new Kind();

    @Option(
            names = "--iterations",
            paramLabel = "N",
            description = "How much work a check is; default " + PasswordHash.DEFAULT_ITERATIONS + ".")
    private int iterations = PasswordHash.DEFAULT_ITERATIONS;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** @return the exit code */
    static int execute(String... args) {
        return new CommandLine(new HashCommand())
                .setParameterExceptionHandler(HashCommand::wrongUsage)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    Postern.complain(failure.toString());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }

    private static int wrongUsage(ParameterException mistake, String[] args) {
        if (!(mistake instanceof UnmatchedArgumentException unmatched)) {
            return Postern.wrongUsage(mistake, args);
        }
        // what is behind an option or stands alone may be a password, and is not shown
        String first = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
        String message = first.startsWith("-")
                ? "Unknown option: " + first
                : "hash takes no argument; the password is read from standard input";
        return Postern.wrongUsage(new ParameterException(mistake.getCommandLine(), message), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String password = password();
        try {
            System.out.println(
                    kind.pbkdf2
                            ? PasswordHash.pbkdf2Sha256(password, iterations)
                            : PasswordHash.scramSha256(password, iterations));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return CommandLine.ExitCode.OK;
    }

    // Not java.io.Console: it wants standard output to be the terminal too, and here that is where the verifier goes
    private static String password() throws IOException, InterruptedException {
        if (!stty("-echo")) {
            return readLine();
        }
        Thread interrupted = new Thread(() -> sttyQuietly("echo"));
        Runtime.getRuntime().addShutdownHook(interrupted);
        try {
            System.err.print("Password: ");
            return readLine();
        } finally {
            System.err.println();
            stty("echo");
            Runtime.getRuntime().removeShutdownHook(interrupted);
        }
    }

    private static String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = System.in.read(); octet >= 0 && octet != '\n'; octet = System.in.read()) {
            line.write(octet);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line.toByteArray()))
                    .toString()
                    .replaceFirst("\r$", "");
        } catch (CharacterCodingException e) {
            throw new IOException("the password is not UTF-8", e);
        }
    }

    private static void sttyQuietly(String setting) {
        try {
            stty(setting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sets up the terminal. @return whether standard input is one */
    private static boolean stty(String setting) throws InterruptedException {
        try {
            return new ProcessBuilder("stty", setting)
                            .redirectInput(Redirect.INHERIT)
                            .redirectOutput(Redirect.DISCARD)
                            .redirectError(Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false; // there is no stty, and hence no terminal as it knows them
        }
    }
}
