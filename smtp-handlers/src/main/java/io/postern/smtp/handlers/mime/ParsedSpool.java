package io.postern.smtp.handlers.mime;

import io.postern.smtp.Replies;
import io.postern.smtp.SmtpException;
import io.vertx.core.Future;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.apache.james.mime4j.MimeException;
import org.apache.james.mime4j.MimeIOException;
import org.apache.james.mime4j.codec.DecodeMonitor;
import org.apache.james.mime4j.dom.Message;
import org.apache.james.mime4j.field.LenientFieldParser;
import org.apache.james.mime4j.message.DefaultBodyDescriptorBuilder;
import org.apache.james.mime4j.parser.MimeStreamParser;
import org.apache.james.mime4j.stream.MimeConfig;

/** A message as Mime4j reads it, on a worker thread, with its bodies in a {@link PartStore}. */
final class ParsedSpool {

    private static final Logger LOG = System.getLogger(MimeHandler.class.getName());

    /** The longest line of a header, and the longest field: what is longer is no mail. */
    private static final int MAX_FIELD = 65_536;

    private final Spool spool;
    private final MimeOptions options;
    private final PartStore parts;
    private final Future<Message> message;

    ParsedSpool(Spool spool, MimeOptions options, MemoryBudget budget) {
        this.spool = spool;
        this.options = options;
        this.parts = new PartStore(options, budget);
        this.message = spool.blocking(this::parse);
    }

    /** Fails with {@link MimeHandler#MALFORMED} when it is too bad to be parsed. */
    Future<Message> message() {
        return message;
    }

    /** Closes what the bodies are in, when nobody writes to it any more. */
    Future<Void> close() {
        return message.transform(done -> spool.onFiles(parts::close));
    }

    private Message parse() {
        MessageAssembly assembly = new MessageAssembly(options, parts);
        MimeConfig config = MimeConfig.custom()
                .setMaxLineLen(MAX_FIELD)
                .setMaxHeaderLen(MAX_FIELD)
                .setMaxHeaderCount(options.getMaxHeaderFields())
                .build();
        MimeStreamParser parser = new MimeStreamParser(
                config,
                DecodeMonitor.SILENT,
                new DefaultBodyDescriptorBuilder(null, LenientFieldParser.getParser(), DecodeMonitor.SILENT));
        parser.setContentHandler(assembly);
        parser.setContentDecoding(true);
        parser.setRecurse();
        try (InputStream content = new BufferedInputStream(spool.open())) {
            parser.parse(content);
            return assembly.message();
        } catch (MimeException | MimeIOException e) {
            throw malformed(e);
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.ERROR, "a message could not be unpacked", e);
            throw new SmtpException(Replies.INSUFFICIENT_STORAGE);
        } catch (RuntimeException | StackOverflowError e) {
            throw malformed(e); // of a parser on input that its authors did not think of
        }
    }

    // the name of what was thrown only: its text may quote the message
    static SmtpException malformed(Throwable cause) {
        LOG.log(
                Level.DEBUG,
                () -> "a message could not be parsed: " + cause.getClass().getName());
        return new SmtpException(MimeHandler.MALFORMED);
    }
}
