package io.postern.smtp.testkit.web;

import static java.util.regex.Matcher.quoteReplacement;

import io.postern.smtp.testkit.ParsedMail;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The HTML of a message as a document of its own, which is shown in a sandbox.
 *
 * <p>The sandbox and its policy keep scripts from running and anything from loading; the HTML itself is left as it is, but
 * for three things. Elements that speak to the browser instead of to the reader, or that contain other documents, lose their
 * names: for some a browser connects to others without asking the policy ({@code <link rel=preconnect>}), or before it asks
 * ({@code <iframe>}). Links open windows of their own, whatever they say. And images of the message, which HTML calls by
 * {@code cid:}, are put in, so that the policy need not allow any address.
 */
final class SafeHtml {

    /**
     * A link may be followed when the reader clicks it, into a window of its own, which is not in the sandbox any more and knows
     * nothing of where it came from. Nothing else.
     */
    static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

    private static final String HEAD =
            "<!doctype html><html><head><meta charset=\"utf-8\"><base target=\"_blank\"><style>"
                    + "html{background:#fff;color:#1c1c1e;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
                    + "body{margin:16px}img{max-width:100%}x-script{display:none}</style></head>\n";

    // wherever they stand: what we took for a comment a browser might not
    private static final Pattern WITH_CONTENT =
            named("(</?)", "script|iframe|frameset|fencedframe|portal|object|applet|webview");
    private static final Pattern VOID = named("<", "link|meta|base|embed|frame");
    // a link in the frame's own window leads nowhere; a window of its own is what the base of our head says
    private static final Pattern LINK = Pattern.compile("(?i)<(?:a|area)\\s[^<>]*>");
    private static final Pattern TARGET = Pattern.compile("(?i)(?<=\\s)(?=target\\s*=)");
    private static final Pattern CONTENT_ID = Pattern.compile("(?i)(?<=[\"'(=\\s])cid:([^\\s\"'<>()]{1,250})");
    private static final Set<String> IMAGES = Set.of(
            "image/png",
            "image/jpeg",
            "image/jpg",
            "image/gif",
            "image/webp",
            "image/bmp",
            "image/avif",
            "image/svg+xml");
    /** Of all images as they are put in: one may be called any number of times. */
    private static final int MAX_PUT_IN = 33_554_432;

    private SafeHtml() {}

    private static Pattern named(String before, String names) {
        return Pattern.compile("(?i)" + before + "(?=(?:" + names + ")(?![a-z0-9-]))");
    }

    static String document(ParsedMail mail) {
        String contained = WITH_CONTENT.matcher(mail.html()).replaceAll("$1x-");
        // an element without an end that does nothing, so that what stands behind is not taken for its content
        String named = VOID.matcher(contained).replaceAll("<param ");
        String led = LINK.matcher(named).replaceAll(link -> quoteReplacement(withoutTarget(link.group())));
        return HEAD + withImages(led, mail);
    }

    private static String withoutTarget(String link) {
        return TARGET.matcher(link).replaceAll("x-");
    }

    private static String withImages(String html, ParsedMail mail) {
        Map<String, ParsedMail.Attachment> images = new HashMap<>();
        for (ParsedMail.Attachment part : mail.attachments()) {
            String type = part.contentType().toLowerCase(Locale.ROOT);
            part.contentId().filter(id -> IMAGES.contains(type)).ifPresent(id -> images.putIfAbsent(id, part));
        }
        if (images.isEmpty()) {
            return html;
        }
        StringBuilder result = new StringBuilder();
        Matcher matcher = CONTENT_ID.matcher(html);
        int room = MAX_PUT_IN;
        while (matcher.find()) {
            ParsedMail.Attachment image = images.get(decoded(matcher.group(1)));
            if (image != null && image.content().length() <= room) {
                room -= image.content().length();
                matcher.appendReplacement(result, quoteReplacement(dataUri(image)));
            }
        }
        return matcher.appendTail(result).toString();
    }

    // RFC 2392 §2: the id stands in a URL
    private static String decoded(String id) {
        try {
            return URLDecoder.decode(id.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return id;
        }
    }

    private static String dataUri(ParsedMail.Attachment image) {
        return "data:" + image.contentType().toLowerCase(Locale.ROOT) + ";base64,"
                + Base64.getEncoder().encodeToString(image.content().getBytes());
    }
}
