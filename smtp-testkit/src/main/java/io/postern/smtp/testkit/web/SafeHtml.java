package io.postern.smtp.testkit.web;

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
 * for two things. Elements by which a browser may connect to others without asking the policy ({@code <link
 * rel=preconnect>}), or that speak to the browser instead of to the reader, lose their names. And images of the message, which
 * HTML calls by {@code cid:}, are put in, so that the policy need not allow any address.
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
                    + "body{margin:16px}img{max-width:100%}</style></head>\n";

    private static final Pattern SPEAKS_TO_BROWSER = Pattern.compile("(?i)<(?=(?:link|meta|base)(?![a-z0-9-]))");
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

    static String document(ParsedMail mail) {
        String named = SPEAKS_TO_BROWSER.matcher(mail.html()).replaceAll("<x-");
        return HEAD + withImages(named, mail);
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
                matcher.appendReplacement(result, Matcher.quoteReplacement(dataUri(image)));
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
