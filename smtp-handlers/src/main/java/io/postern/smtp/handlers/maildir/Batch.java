package io.postern.smtp.handlers.maildir;

import io.postern.smtp.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;

/**
 * Work that came together. Its messages become durable in this order: all files are written, then each is written to the
 * disk, and then each Maildir has its turn: what is for it, here and in other batches, is {@linkplain DirectoryChanges moved}
 * to its {@code new/}, that is written to the disk, and only then are the messages answered. What {@link MaildirSync} does not
 * ask for is not written to the disk. Nothing that happens to one message is the others' business.
 */
final class Batch {

    private final MaildirSync sync;
    private final Set<MessageFile> unfinished;
    private final List<FileWork.Commit> commits = new ArrayList<>();

    /** @param unfinished keeps the files that are begun and not complete */
    Batch(MaildirSync sync, Set<MessageFile> unfinished) {
        this.sync = sync;
        this.unfinished = unfinished;
    }

    void run(List<FileWork> works) {
        works.forEach(this::begin);
        if (commits.isEmpty()) {
            return;
        }
        commits.forEach(this::finish);
        Set<DirectoryChanges> directories = new LinkedHashSet<>();
        commits.forEach(commit -> directories.addAll(commit.file().publish(() -> answer(commit))));
        serve(new ArrayDeque<>(directories));
    }

    /** In turns, so that none has to wait until nobody wants anything of another. */
    private static void serve(Queue<DirectoryChanges> directories) {
        while (!directories.isEmpty()) {
            DirectoryChanges next = directories.remove();
            if (next.serve()) {
                directories.add(next);
            }
        }
    }

    private void answer(FileWork.Commit commit) {
        unfinished.remove(commit.file());
        FileWork.tell(() -> commit.done().tryComplete(commit.file().replies()));
    }

    private void begin(FileWork work) {
        if (work instanceof FileWork.Append append) {
            unfinished.add(append.file());
            Optional<List<Reply>> refusals = append(append);
            FileWork.tell(() -> append.done().accept(refusals));
        } else if (work instanceof FileWork.Commit commit) {
            commits.add(commit);
            unfinished.add(commit.file());
            FileWork.fault(() -> commit.file().append(commit.content())).ifPresent(commit.file()::fail);
        } else if (work instanceof FileWork.Discard discard) {
            discard.file().discard();
            unfinished.remove(discard.file());
        } else if (work instanceof FileWork.Prepare prepare) {
            FileWork.fault(prepare.step()).ifPresentOrElse(prepare.done()::tryFail, prepare.done()::tryComplete);
        }
    }

    private void finish(FileWork.Commit commit) {
        if (commit.file().isBegun()) {
            // after a failed fsync the system may have dropped what it could not write: the file is never tried again
            FileWork.fault(() -> commit.file().finish(sync != MaildirSync.NONE)).ifPresent(commit.file()::fail);
        }
    }

    private Optional<List<Reply>> append(FileWork.Append append) {
        MessageFile file = append.file();
        return FileWork.fault(() -> file.append(append.content())).map(fault -> {
            file.fail(fault);
            unfinished.remove(file);
            return file.replies();
        });
    }
}
