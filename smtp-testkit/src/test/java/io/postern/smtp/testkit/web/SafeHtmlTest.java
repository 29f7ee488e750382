package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.ParsedMail;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeHtmlTest {

    private static final String LOGO =
            "Content-Type: image/png\nContent-ID: <logo@x+y>\nContent-Transfer-Encoding: base64\n\nAAEC";

    private static String document(String html, String... parts) {
        String mail = Mails.html("x", html, parts).replace("\n", "\r\n");
        return SafeHtml.document(ParsedMail.parse(mail.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<link rel=preconnect href=http://x.example>",
                "<LINK/rel=dns-prefetch href=//x.example>",
                "<meta http-equiv=refresh content='0;url=http://x.example'>",
                "<mEtA\nhttp-equiv=refresh>",
                "<base href=http://x.example>",
                "<!--><link rel=prefetch href=//x.example>",
                "<svg><link href=//x.example></svg>",
                "<iframe src=//x.example>",
                "<p><FRAMESET><frame/src=//x.example>",
                "<object\tdata=//x.example>",
                "<embed\fsrc=//x.example>",
                "<svg><script href=//x.example>",
                "<<script>",
                "<applet code=x>",
                "<portal src=//x.example>",
                "<fencedframe>"
            })
    void whatSpeaksToTheBrowserLosesItsName(String html) {
        String ours = document("");
        String document = document(html);
        assertThat(document).containsPattern("<(x-|param )");
        assertThat(document.substring(ours.indexOf("</head>")).toLowerCase(Locale.ROOT))
                .doesNotContainPattern(
                        "<(link|meta|base|i?frame|frameset|object|embed|script|applet|portal|fencedframe)\\b");
    }

    @Test
    void whatStandsBehindIsNotTakenForItsContent() {
        assertThat(document("<LINK rel=x><script>1</Script><iframe/src=x></iframe >seen"))
                .contains("<param LINK rel=x><x-script>1</x-Script><x-iframe/src=x></x-iframe >seen");
    }

    @Test
    void linksOpenAWindowOfTheirOwn() {
        assertThat(document("<a target=_self href='/?a=1&target=2' target=x>target=_self</a><AREA\nTarget='_top'>"))
                .contains("<a x-target=_self href='/?a=1&target=2' x-target=x>target=_self</a><AREA\nx-Target='_top'>");
    }

    @Test
    void otherElementsKeepTheirs() {
        assertThat(document("<basefont><p>1 < 2 &lt;link></p><linked>")).contains("<basefont><p>1 < 2 &lt;link></p>");
    }

    @Test
    void imagesOfTheMessageArePutIn() {
        assertThat(document("<img src=\"cid:logo@x+y\"><img src='CID:logo%40x%2By'>", LOGO))
                .contains("<img src=\"data:image/png;base64,AAEC\"><img src='data:image/png;base64,AAEC'>");
    }

    @Test
    void whatIsNoImageOfTheMessageIsLeftAsItIs() {
        String script = "Content-Type: text/html\nContent-ID: <s@x>\nContent-Disposition: attachment\n\n<script>";
        assertThat(document(
                        "<img src=\"cid:other\"><img src=\"cid:s@x\"><img src=\"cid:%zz\">see cid:logo", LOGO, script))
                .contains("<img src=\"cid:other\"><img src=\"cid:s@x\"><img src=\"cid:%zz\">see cid:logo");
    }

    @Test
    void anImageIsPutInNoMoreOftenThanThereIsRoomFor() {
        String large = "Content-Type: image/png\nContent-ID: <l>\n\n" + "x".repeat(4_000_000);
        String document = document("<img src=\"cid:l\">".repeat(100), large);
        assertThat(document.split("data:image/png", -1)).hasSize(9);
        assertThat(document.split("cid:l", -1)).hasSize(93);
    }
}
