package io.postern.smtp.handlers.routing;

import io.postern.smtp.Reply;
import io.postern.smtp.Session;
import io.postern.smtp.handlers.stream.Contexts;
import io.postern.smtp.handlers.stream.HandedOnBody;
import io.postern.smtp.handlers.stream.Hooks;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** One message on its way to the handlers that it is for. */
final class Delivery {

    private final Session session;
    private final BiFunction<Share, ReadStream<Buffer>, @Nullable Future<List<Reply>>> hook;

    /** @param hook gives a message to the handler of a share */
    Delivery(Session session, BiFunction<Share, ReadStream<Buffer>, @Nullable Future<List<Reply>>> hook) {
        this.session = session;
        this.hook = hook;
    }

    /** @return the replies for the recipients of each share; it does not fail */
    Future<Map<Share, List<Reply>>> deliver(ReadStream<Buffer> body, List<Share> shares) {
        List<Future<List<Reply>>> answers = new ArrayList<>();
        if (shares.size() == 1) {
            Share only = shares.get(0);
            answers.add(replies(only, Hooks.call(() -> hook.apply(only, body))));
        } else {
            FanOut fanOut = new FanOut(body, Contexts.of(session));
            List<HandedOnBody> branches = new ArrayList<>();
            List<Promise<List<Reply>>> promises = new ArrayList<>();
            for (Share share : shares) {
                Promise<List<Reply>> answer = Promise.promise();
                HandedOnBody branch = fanOut.branch(answer::tryFail);
                promises.add(answer);
                branches.add(branch);
                answers.add(replies(share, answer.future()));
                answer.future().onComplete(answered -> fanOut.close(branch));
            }
            for (int i = 0; i < shares.size(); i++) {
                give(shares.get(i), branches.get(i), promises.get(i));
            }
        }
        return Future.all(answers).map(all -> {
            Map<Share, List<Reply>> replies = new LinkedHashMap<>();
            for (int i = 0; i < shares.size(); i++) {
                replies.put(shares.get(i), all.resultAt(i));
            }
            return replies;
        });
    }

    private void give(Share share, ReadStream<Buffer> branch, Promise<List<Reply>> answer) {
        Runnable call = () -> Hooks.call(() -> hook.apply(share, branch)).onComplete(given -> {
            if (given.succeeded()) {
                answer.tryComplete(given.result());
            } else {
                answer.tryFail(given.cause());
            }
        });
        Context here = Contexts.of(session);
        if (here.threadingModel() == ThreadingModel.VIRTUAL_THREAD) {
            // there a hook may wait for the end of the body, which the others have to read as well
            here.runOnContext(v -> call.run());
        } else {
            call.run();
        }
    }

    private Future<List<Reply>> replies(Share share, Future<List<Reply>> answer) {
        Route route = share.route();
        int wanted = share.recipients().size();
        return answer.transform((given, failure) -> Future.succeededFuture(
                failure == null
                        ? route.replies(session, given, wanted)
                        : Collections.nCopies(wanted, route.refusal(session, failure))));
    }
}
