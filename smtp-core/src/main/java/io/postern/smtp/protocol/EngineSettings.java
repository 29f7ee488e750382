package io.postern.smtp.protocol;

import io.postern.smtp.BareNewlines;
import io.postern.smtp.Reply;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What all engines of a server share. Immutable; made once. */
public final class EngineSettings {

    private final Dialect dialect;
    private final Limits limits;
    private final BareNewlines bareNewlines;
    private final StartTls startTls;
    private final Auth auth;
    private final Capabilities planned;
    private final Capabilities plannedInTls;
    private final Capabilities beforeEhlo;
    private final Map<String, EngineExtension> extensions;
    private final Map<String, String> syntaxes;

    /**
     * @param hostName the server's name in the reply to EHLO
     * @param smtpUtf8 whether SMTPUTF8 is offered
     * @param prdr whether PRDR is offered in SMTP; in LMTP there is no need of it
     * @param startTls whether STARTTLS is offered
     * @param auth whether AUTH is offered
     * @param extensions what the application adds
     */
    public EngineSettings(
            Dialect dialect,
            String hostName,
            Limits limits,
            boolean smtpUtf8,
            boolean prdr,
            BareNewlines bareNewlines,
            StartTls startTls,
            Auth auth,
            List<EngineExtension> extensions) {
        this.dialect = dialect;
        this.limits = limits;
        this.bareNewlines = bareNewlines;
        this.startTls = startTls;
        this.auth = auth;
        boolean offersPrdr = prdr && !dialect.answersEachRecipient();
        boolean offersTls = startTls != StartTls.NONE;
        this.planned = Capabilities.planned(hostName, limits, smtpUtf8, offersTls, offersPrdr, extensions);
        this.plannedInTls = Capabilities.planned(hostName, limits, smtpUtf8, false, offersPrdr, extensions);
        this.beforeEhlo = planned.beforeEhlo();
        this.extensions = new TreeMap<>();
        extensions.forEach(
                extension -> extension.verb().ifPresent(verb -> this.extensions.put(verb.name(), extension)));
        this.syntaxes = syntaxes();
    }

    private Map<String, String> syntaxes() {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Verb verb : Verb.values()) {
            if (dialect.knows(verb)) {
                all.put(verb.name(), verb.syntax());
            }
        }
        extensions
                .values()
                .forEach(extension -> extension.verb().ifPresent(verb -> all.put(verb.name(), verb.syntax())));
        return all;
    }

    Dialect dialect() {
        return dialect;
    }

    Limits limits() {
        return limits;
    }

    BareNewlines bareNewlines() {
        return bareNewlines;
    }

    Auth auth() {
        return auth;
    }

    StartTls startTls() {
        return startTls;
    }

    /** What is offered: STARTTLS on plain connections only (RFC 3207 §4.2). */
    Capabilities planned(boolean secure) {
        return secure ? plannedInTls : planned;
    }

    Capabilities beforeEhlo() {
        return beforeEhlo;
    }

    /** The extension with a verb, in capital letters. */
    Optional<EngineExtension> extension(String verb) {
        return Optional.ofNullable(extensions.get(verb));
    }

    /** What HELP answers by default (RFC 5321 §4.1.1.8). */
    Reply help(String topic) {
        if (topic.isEmpty()) {
            return Reply.of(214, "2.0.0", "Supported commands: " + String.join(" ", syntaxes.keySet()));
        }
        String syntax = syntaxes.get(topic);
        return syntax == null
                ? Reply.of(504, "5.5.4", "Supported commands: " + String.join(" ", syntaxes.keySet()))
                : Reply.of(214, "2.0.0", "Syntax: " + syntax);
    }
}
