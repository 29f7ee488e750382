package io.postern.smtp.handlers.mime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.james.mime4j.dom.BinaryBody;
import org.apache.james.mime4j.dom.TextBody;
import org.apache.james.mime4j.message.BodyFactory;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the decoded bodies of one message: the first of them in memory, as far as that goes, the others one behind the
 * other in a single file, however many there are. Decoded they are not larger than the message. Written by one thread;
 * what is written may be read by several.
 */
final class PartStore implements BodyFactory {

    private static final int CHUNK = 8_192;

    private final Path directory;
    private final MemoryBudget budget;
    private final int reserved;
    private int memoryLeft;
    private @Nullable FileChannel channel;
    private long written;

    PartStore(MimeOptions options, MemoryBudget budget) {
        this.directory = Path.of(options.getDirectory());
        this.budget = budget;
        this.reserved = budget.take(options.getMemoryThreshold()) ? options.getMemoryThreshold() : 0;
        this.memoryLeft = reserved;
    }

    @Override
    public BinaryBody binaryBody(InputStream content) throws IOException {
        Slice slice = store(content);
        return new BinaryBody() {
            @Override
            public InputStream getInputStream() throws IOException {
                return slice.open();
            }

            @Override
            public long size() {
                return slice.length();
            }
        };
    }

    @Override
    public TextBody textBody(InputStream content, @Nullable String charsetName) throws IOException {
        Slice slice = store(content);
        Charset charset = charset(charsetName);
        return new TextBody() {
            @Override
            public String getMimeCharset() {
                return charsetName == null ? StandardCharsets.US_ASCII.name() : charsetName;
            }

            @Override
            public Charset getCharset() {
                return charset;
            }

            @Override
            public Reader getReader() throws IOException {
                return new InputStreamReader(slice.open(), charset);
            }

            @Override
            public InputStream getInputStream() throws IOException {
                return slice.open();
            }

            @Override
            public long size() {
                return slice.length();
            }
        };
    }

    // What says nothing, or US-ASCII, and has octets beyond it is UTF-8 more often than anything else; so is what has a
    // name that nobody knows
    private static Charset charset(@Nullable String name) {
        try {
            Charset charset = name == null ? StandardCharsets.UTF_8 : Charset.forName(name);
            return charset.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : charset;
        } catch (IllegalArgumentException e) {
            return StandardCharsets.UTF_8;
        }
    }

    private Slice store(InputStream content) throws IOException {
        ByteArrayOutputStream memory = new ByteArrayOutputStream();
        byte[] chunk = new byte[CHUNK];
        int read;
        while ((read = content.read(chunk)) >= 0) {
            if (read > memoryLeft - memory.size()) {
                return spill(memory, chunk, read, content);
            }
            memory.write(chunk, 0, read);
        }
        memoryLeft -= memory.size();
        return new InMemory(memory);
    }

    private Slice spill(ByteArrayOutputStream begun, byte[] chunk, int read, InputStream content) throws IOException {
        long from = written;
        FileChannel open = channel();
        write(open, begun.toByteArray(), begun.size());
        for (int length = read; length >= 0; length = content.read(chunk)) {
            write(open, chunk, length);
        }
        return new InFile(open, from, written - from);
    }

    private FileChannel channel() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            // it has no name any more as soon as it is open, where the system can do that
            open = FileChannel.open(
                    Files.createTempFile(directory, "postern-", ".parts"),
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
            channel = open;
        }
        return open;
    }

    private void write(FileChannel open, byte[] octets, int length) throws IOException {
        for (ByteBuffer rest = ByteBuffer.wrap(octets, 0, length); rest.hasRemaining(); ) {
            written += open.write(rest, written);
        }
    }

    /** Bodies cannot be read any more. */
    void close() throws IOException {
        budget.giveBack(reserved);
        if (channel != null) {
            channel.close();
        }
    }

    /** One body: an array, or a region of the file. */
    private interface Slice {

        InputStream open();

        long length();
    }

    private record InMemory(ByteArrayOutputStream octets) implements Slice {

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(octets.toByteArray());
        }

        @Override
        public long length() {
            return octets.size();
        }
    }

    private record InFile(FileChannel file, long from, long length) implements Slice {

        @Override
        public InputStream open() {
            return new SliceStream(file, from, from + length);
        }
    }

    private static final class SliceStream extends InputStream {

        private final FileChannel file;
        private final long end;
        private long position;

        SliceStream(FileChannel file, long position, long end) {
            this.file = file;
            this.position = position;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] octet = new byte[1];
            return read(octet, 0, 1) < 0 ? -1 : octet[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int wanted = (int) Math.min(length, end - position);
            int read = wanted == 0 ? -1 : file.read(ByteBuffer.wrap(target, offset, wanted), position);
            position += Math.max(read, 0);
            return read;
        }
    }
}
