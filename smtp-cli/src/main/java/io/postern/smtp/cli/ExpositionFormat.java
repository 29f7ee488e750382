package io.postern.smtp.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How meters are written for who fetches them. */
enum ExpositionFormat {
    /** The text format of Prometheus, which everybody understands. */
    TEXT("text/plain", "0.0.4"),
    /** The format that became a standard of its own. */
    OPEN_METRICS("application/openmetrics-text", "1.0.0");

    private final String mediaType;
    private final String contentType;

    ExpositionFormat(String mediaType, String version) {
        this.mediaType = mediaType;
        this.contentType = mediaType + "; version=" + version + "; charset=utf-8";
    }

    String contentType() {
        return contentType;
    }

    /**
     * What a client wants (RFC 9110 §12.5.1): OpenMetrics when it names it and does not like text better.
     *
     * @param accept its header, if there is one
     */
    static ExpositionFormat accepted(@Nullable String accept) {
        double openMetrics = accept == null ? 0 : quality(accept, OPEN_METRICS);
        return openMetrics > 0 && openMetrics >= quality(String.valueOf(accept), TEXT) ? OPEN_METRICS : TEXT;
    }

    private static double quality(String accept, ExpositionFormat format) {
        double best = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = range.split(";");
            if (parts.length > 0 && parts[0].strip().equals(format.mediaType)) {
                best = Math.max(best, quality(parts));
            }
        }
        return best;
    }

    private static double quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.matches("q=[01](\\.[0-9]{0,3})?")) {
                return Double.parseDouble(parameter.substring(2));
            }
        }
        return 1;
    }
}
