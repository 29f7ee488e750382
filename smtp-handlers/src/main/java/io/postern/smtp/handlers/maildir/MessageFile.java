package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Replies;
import io.postern.smtp.Reply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way into one or several Maildirs: written once, in {@code tmp/} of one of them, and linked into the
 * others. A Maildir that fails does not keep the message from the rest. Used by one file thread at a time, until it waits for
 * its directories.
 */
final class MessageFile {

    private static final System.Logger LOG = System.getLogger(MaildirHandler.class.getName());

    private static final FileWork.Step ALREADY_LINKED = () -> {};

    private final String session;
    private final String name;
    private final List<Maildir> maildirs;
    private final @Nullable IOException[] faults;

    /** Where it is written. */
    private @Nullable Maildir home;

    private @Nullable FileChannel channel;
    private long size;

    /**
     * @param session where it comes from, for the log
     * @param name one that no other file has
     * @param maildirs where it goes, each of them once
     */
    MessageFile(String session, String name, List<Maildir> maildirs) {
        this.session = session;
        this.name = name;
        this.maildirs = maildirs;
        this.faults = new IOException[maildirs.size()];
    }

    /** @throws IOException when the message cannot be stored anywhere */
    void append(ByteBuffer content) throws IOException {
        FileChannel open = channel == null ? create() : channel;
        size += content.remaining();
        while (content.hasRemaining()) {
            open.write(content);
        }
    }

    private FileChannel create() throws IOException {
        for (int i = 0; i < maildirs.size(); i++) {
            try {
                FileChannel created = maildirs.get(i).create(name);
                home = maildirs.get(i);
                channel = created;
                return created;
            } catch (IOException e) {
                faults[i] = e;
            }
        }
        throw faults[0] == null ? new IOException("no Maildir for " + name) : faults[0];
    }

    /** Whether there is a file in {@code tmp/}. */
    boolean isBegun() {
        return home != null;
    }

    /** The content is complete. */
    void finish(boolean sync) throws IOException {
        FileChannel open = channel;
        if (open == null) {
            throw new IOException("nothing was written to " + name);
        }
        if (sync) {
            open.force(true);
        }
        channel = null;
        open.close();
    }

    /**
     * Puts it into {@code new/} of all Maildirs, so that it survives there what is asked for. The {@link #replies} tell where
     * that fails: what is not known to survive was not delivered, and is taken back.
     *
     * @param done run when all that can be said is known; on any thread, or at once when it is nowhere
     * @return what is to be run now
     */
    List<DirectoryChanges> publish(Runnable done) {
        Maildir source = home;
        if (source == null) {
            done.run();
            return List.of();
        }
        linkElsewhere(source);
        List<DirectoryChanges> joined = new ArrayList<>(maildirs.size());
        AtomicInteger left = new AtomicInteger(1);
        for (int i = 0; i < maildirs.size(); i++) {
            int index = i;
            if (faults[index] == null) {
                left.incrementAndGet();
                DirectoryChanges directory = maildirs.get(index).changes();
                directory.join(maildirs.get(index) == source ? () -> move(source) : ALREADY_LINKED, fault -> {
                    fault.ifPresent(because -> takeBack(index, because));
                    countDown(left, done);
                });
                joined.add(directory);
            }
        }
        countDown(left, done);
        return joined;
    }

    // before it is moved: they need what is in tmp
    private void linkElsewhere(Maildir source) {
        for (int i = 0; i < maildirs.size(); i++) {
            Maildir target = maildirs.get(i);
            if (faults[i] == null && target != source) {
                faults[i] = FileWork.fault(() -> linkOrCopy(source.tmpFile(name), target))
                        .orElse(null);
            }
        }
    }

    private void move(Maildir source) throws IOException {
        try {
            orDelete(source.tmpFile(name), () -> source.publish(name, newName()));
        } finally {
            home = null;
        }
    }

    /** Does what takes a file out of {@code tmp/}; it does not stay there when that fails, for whatever reason. */
    private static void orDelete(Path file, FileWork.Step step) throws IOException {
        boolean done = false;
        try {
            step.run();
            done = true;
        } finally {
            if (!done) {
                delete(file);
            }
        }
    }

    private void linkOrCopy(Path file, Maildir target) throws IOException {
        try {
            target.link(file, newName());
        } catch (FileSystemException | UnsupportedOperationException e) {
            copy(file, target); // on another file system, or on one without links
        }
    }

    private void copy(Path file, Maildir target) throws IOException {
        orDelete(target.tmpFile(name), () -> {
            try (FileChannel from = FileChannel.open(file);
                    FileChannel to = target.create(name)) {
                long copied = 0;
                while (copied < size) {
                    copied += from.transferTo(copied, size - copied, to);
                }
                to.force(true);
            }
            target.publish(name, newName());
        });
    }

    private String newName() {
        return name + ",S=" + size;
    }

    private static void countDown(AtomicInteger left, Runnable last) {
        if (left.decrementAndGet() == 0) {
            last.run();
        }
    }

    private void takeBack(int index, IOException fault) {
        faults[index] = fault;
        delete(maildirs.get(index).newFile(newName()));
    }

    /** It is stored nowhere: nothing remains of it. */
    void fail(IOException fault) {
        discard();
        for (int i = 0; i < faults.length; i++) {
            if (faults[i] == null) {
                faults[i] = fault;
            }
        }
    }

    /** Removes it from {@code tmp/}. */
    void discard() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // it is deleted anyway
        }
        channel = null;
        if (home != null) {
            delete(home.tmpFile(name));
            home = null;
        }
    }

    // One that cannot be deleted now is stale some day, or is delivered twice, which is no loss
    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, () -> "cannot remove " + file + ": " + e);
        }
    }

    /** What is to be said for each Maildir, in their order; what failed is logged. */
    List<Reply> replies() {
        List<Reply> replies = new ArrayList<>(faults.length);
        for (int i = 0; i < faults.length; i++) {
            IOException fault = faults[i];
            replies.add(fault == null ? Replies.MESSAGE_ACCEPTED : refuse(fault, maildirs.get(i)));
        }
        return replies;
    }

    private Reply refuse(IOException fault, Maildir maildir) {
        LOG.log(System.Logger.Level.WARNING, () -> session + ": cannot store a message in " + maildir + ": " + fault);
        return Faults.reply(fault, maildir.directory());
    }

    @Override
    public String toString() {
        return name;
    }
}
