package io.postern.smtp;

import io.vertx.core.json.JsonObject;
import io.vertx.core.net.JksOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;

/**
 * The JSON form of {@link ServerSSLOptions} with keys and trusted certificates, which that of Vert.x leaves out; without
 * them no server could be configured from JSON. Each kind has a name of its own.
 */
final class TlsOptionsJson {

    private static final String PEM_KEYS = "pemKeyCertOptions";
    private static final String PFX_KEYS = "pfxKeyCertOptions";
    private static final String JKS_KEYS = "jksKeyCertOptions";
    private static final String PEM_TRUST = "pemTrustOptions";
    private static final String PFX_TRUST = "pfxTrustOptions";
    private static final String JKS_TRUST = "jksTrustOptions";

    private TlsOptionsJson() {}

    /** Other kinds of keys and trust than these are left out: they are objects without a JSON form. */
    static JsonObject write(ServerSSLOptions options) {
        JsonObject json = options.toJson();
        KeyCertOptions keys = options.getKeyCertOptions();
        if (keys instanceof PemKeyCertOptions pem) {
            json.put(PEM_KEYS, pem.toJson());
        } else if (keys instanceof PfxOptions pfx) {
            json.put(PFX_KEYS, pfx.toJson());
        } else if (keys instanceof JksOptions jks) {
            json.put(JKS_KEYS, jks.toJson());
        }
        TrustOptions trust = options.getTrustOptions();
        if (trust instanceof PemTrustOptions pem) {
            json.put(PEM_TRUST, pem.toJson());
        } else if (trust instanceof PfxOptions pfx) {
            json.put(PFX_TRUST, pfx.toJson());
        } else if (trust instanceof JksOptions jks) {
            json.put(JKS_TRUST, jks.toJson());
        }
        return json;
    }

    static ServerSSLOptions read(JsonObject json) {
        ServerSSLOptions options = new ServerSSLOptions(json);
        for (String name : json.fieldNames()) {
            switch (name) {
                case PEM_KEYS -> options.setKeyCertOptions(new PemKeyCertOptions(json.getJsonObject(name)));
                case PFX_KEYS -> options.setKeyCertOptions(new PfxOptions(json.getJsonObject(name)));
                case JKS_KEYS -> options.setKeyCertOptions(new JksOptions(json.getJsonObject(name)));
                case PEM_TRUST -> options.setTrustOptions(new PemTrustOptions(json.getJsonObject(name)));
                case PFX_TRUST -> options.setTrustOptions(new PfxOptions(json.getJsonObject(name)));
                case JKS_TRUST -> options.setTrustOptions(new JksOptions(json.getJsonObject(name)));
                default -> {}
            }
        }
        return options;
    }
}
