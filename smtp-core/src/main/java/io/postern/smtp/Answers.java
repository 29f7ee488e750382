package io.postern.smtp;

import io.vertx.core.Future;

/** The answers of the hooks' defaults, made once: most commands are answered by one of these. */
final class Answers {

    static final Future<Reply> OK = Future.succeededFuture(Replies.OK);
    static final Future<Reply> SENDER_OK = Future.succeededFuture(Replies.SENDER_OK);
    static final Future<Reply> RECIPIENT_OK = Future.succeededFuture(Replies.RECIPIENT_OK);
    static final Future<Reply> NOT_STORED = Future.succeededFuture(Replies.NOT_STORED);
    static final Future<Reply> CANNOT_VRFY = Future.succeededFuture(Replies.CANNOT_VRFY);
    static final Future<Reply> EXPN_NOT_IMPLEMENTED = Future.succeededFuture(Replies.EXPN_NOT_IMPLEMENTED);
    static final Future<Reply> BYE = Future.succeededFuture(Replies.BYE);

    private Answers() {}
}
