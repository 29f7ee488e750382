package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.postern.smtp.testkit.TestSmtpServer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.WindowType;

/** What is in a message neither runs in a browser nor makes it load anything. */
@Timeout(120)
class HostileMailIT {

    /** Every way by which HTML is known to run a script or to connect to somebody; {@code URL} is a place that watches. */
    private static final String HOSTILE = """
            <html><head>
            <base href="URL">
            <meta http-equiv="refresh" content="0;url=URL">
            <meta http-equiv="x-dns-prefetch-control" content="on">
            <link rel="preconnect" href="URL">
            <link rel="dns-prefetch" href="URL">
            <link rel="prefetch" href="URL">
            <link rel="preload" as="image" href="URL">
            <link rel="modulepreload" href="URL">
            <link rel="stylesheet" href="URL">
            <link rel="icon" href="URL">
            <link rel="manifest" href="URL">
            <style>@import url("URL"); @font-face { font-family: f; src: url("URL"); }
              body { background: url("URL"); font-family: f; cursor: url("URL"), auto; }
              li { list-style-image: url("URL"); } p::before { content: url("URL"); }</style>
            <script>new Image().src = "URL"; top.hacked = 1;</script>
            <script src="URL"></script>
            <script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["URL"]}]}</script>
            </head>
            <body onload="new Image().src='URL'" background="URL">
            <img src="URL"><img attributionsrc="URL" src="x"><img srcset="URL 2x" src="x"><img src=x onerror="new Image().src='URL'">
            <picture><source srcset="URL"><img></picture>
            <svg onload="new Image().src='URL'"><script>new Image().src='URL'</script><image href="URL" width="9" height="9"/>
              <use href="URL#x"/><foreignObject><iframe src="URL"></iframe></foreignObject></svg>
            <math><mtext><img src="URL"></mtext></math>
            <iframe src="URL"></iframe><iframe srcdoc="<img src='URL'><script>new Image().src='URL'</script>"></iframe>
            <iframe src="javascript:new Image().src='URL'"></iframe>
            <object data="URL"></object><embed src="URL"><applet code="URL"></applet>
            <portal src="URL"></portal><fencedframe config="URL" src="URL"></fencedframe>
            <div><template shadowrootmode="open"><iframe src="URL"></iframe><img src="URL"></template></div>
            <video src="URL" poster="URL" autoplay></video><audio src="URL" autoplay></audio>
            <video><track default src="URL"></video><input type="image" src="URL"><table background="URL"><tr><td>t</table>
            <div style="background: url(URL); border-image: url(URL)">div</div>
            <details open ontoggle="new Image().src='URL'"><summary>s</summary></details>
            <input autofocus onfocus="new Image().src='URL'"><marquee onstart="new Image().src='URL'">m</marquee>
            <p>paragraph<ul><li>item</ul>
            <a id="script" href="javascript:new Image().src='URL'">script</a><br>
            <a id="scripttop" target="_top" href="javascript:new Image().src='URL'">script</a><br>
            <a id="self" title=">" target="_self" href="URL">self</a><br>
            <a id="top" title=">" target="_top" href="URL">top</a><br>
            <a id="data" href="data:text/html,<script>new Image().src='URL'</script>">data</a><br>
            <form action="URL"><button id="submit" type="submit">submit</button></form>
            <form action="URL" target="_blank"><button id="submitblank" type="submit">submit</button></form>
            <a id="link" rel="opener" ping="URL" href="URL">link</a>
            </body></html>
            """;

    private static Chromium browser;

    private TestSmtpServer server;
    private InboxPage page;
    private Canary canary;

    @BeforeAll
    static void startBrowser() {
        browser = Chromium.start();
    }

    @AfterAll
    static void endBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = TestSmtpServer.start();
        page = server.ui();
        canary = new Canary();
    }

    @AfterEach
    void close() throws IOException {
        browser.closeOtherWindows();
        canary.close();
        server.close();
    }

    private void sendAndShow(String content) {
        Mails.send(server, List.of("anne@example.org"), content);
        browser.open(page);
        browser.click("#messages li");
    }

    @Test
    void theBrowserWouldConnectIfItWereLet() throws Exception {
        browser.driver().get("data:text/html,<img src='" + canary.url() + "'>");
        assertThat(canary.visitors()).isPositive();
    }

    @Test
    void hostileHtmlRunsNothingAndLoadsNothing() throws Exception {
        sendAndShow(Mails.html("hostile", HOSTILE.replace("URL", canary.url())));
        browser.driver().switchTo().frame(browser.find("#panel iframe"));
        browser.find("#link");
        assertThat(canary.visitors()).as("when it is shown").isZero();

        for (String id : List.of("script", "scripttop", "data", "submit", "submitblank")) {
            clickInside(id);
            assertThat(canary.visitors()).as("when " + id + " is clicked").isZero();
            assertThat(browser.driver().getCurrentUrl()).isEqualTo(page.url().toString());
            assertThat(browser.script("return window.hacked === undefined")).isEqualTo(true);
        }
    }

    private void clickInside(String id) {
        browser.open(page);
        browser.click("#messages li");
        browser.driver().switchTo().frame(browser.find("#panel iframe"));
        browser.click("#" + id);
        browser.closeOtherWindows();
    }

    @ParameterizedTest
    @ValueSource(strings = {"self", "top"})
    void aLinkCannotTakeThePlaceOfTheInbox(String id) {
        Mails.send(server, List.of("a@example.org"), Mails.html("x", HOSTILE.replace("URL", page.url() + "icon.svg")));
        clickInside(id);
        assertThat(browser.driver().getCurrentUrl()).isEqualTo(page.url().toString());
        browser.awaitText("#subject", "x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "target=_self", "\nTARGET = \"_top\""})
    void aLinkOpensAWindowOfItsOwnWhenItIsClicked(String target) {
        // the other page is one of ours by another name: it can be read, and is a stranger to the inbox all the same
        String other = "http://127.0.0.1:" + page.port() + "/api/messages?limit=1";
        sendAndShow(Mails.html("link", "<a id=link rel=opener " + target + " href=\"" + other + "\">link</a>"));
        browser.driver().switchTo().frame(browser.find("#panel iframe"));
        browser.click("#link");
        browser.switchToOtherWindow();
        browser.await("return location.href === '" + other + "';");
        assertThat(browser.script("return document.referrer + window.opener")).isEqualTo("null");
    }

    @Test
    void itsDocumentIsNoLessHarmlessWhenItIsOpenedByItself() throws Exception {
        Mails.send(server, List.of("a@example.org"), Mails.html("x", HOSTILE.replace("URL", canary.url())));
        Rest rest = new Rest(page.url());
        rest.get("/api/messages/wait");
        browser.driver().switchTo().newWindow(WindowType.TAB);
        browser.driver().get(page.url().resolve(rest.newest() + "/html").toString());
        browser.click("#submit");
        assertThat(canary.visitors()).isZero();
    }

    @Test
    void whatStandsInHeadersNamesAndTextIsText() throws Exception {
        String tag = "<img src=" + canary.url() + " onerror=alert(1)><script>alert(1)</script>";
        String mail = Mails.html(
                        tag,
                        "<p>",
                        "Content-Type: " + "application/x-" + "y; name=\"" + tag
                                + "\"\nContent-Disposition: attachment\n\n" + tag,
                        "Content-Type: text/plain\n\n" + tag)
                .replace("From: Bart", "X-Odd: " + tag + "\nFrom: \"" + tag + "\"");
        sendAndShow(mail);
        for (String tab : List.of("Text", "Headers", "Attachments", "Source", "Envelope", "Transcript")) {
            browser.click("#tab-" + tab);
            browser.awaitText("#tabs [aria-selected=true]", tab.equals("Attachments") ? "Attachments 1" : tab);
            assertThat(browser.script(
                            "return document.querySelectorAll('main img:not([src=\"/icon.svg\"]), main script')"
                                    + ".length"))
                    .isEqualTo(0L);
        }
        browser.click("#tab-Headers");
        assertThat(browser.find("#panel").getText()).contains(tag);
        assertThat(browser.find("#subject").getText()).isEqualTo(tag);
        assertThat(canary.visitors()).isZero();
    }

    @Test
    void anotherPageCanNeitherReadNorDeleteNorShowTheInbox() {
        Mails.send(server, "kept", "");
        new Rest(page.url()).get("/api/messages/wait");
        // a page of another origin, which has no policy of its own against asking others
        browser.driver().get("data:text/html,<body>attacker");
        String url = page.url().toString();
        Object results = browser.driver().executeAsyncScript("""
                    const [url, done] = arguments;
                    const tell = promise => promise.then(r => r.type + r.status, e => "refused");
                    Promise.all([
                      tell(fetch(url + "api/messages")),
                      tell(fetch(url + "api/messages", { method: "DELETE" })),
                      tell(fetch(url + "api/messages", { method: "DELETE", mode: "no-cors" })),
                      new Promise(r => { const i = new Image(); i.onload = () => r("shown"); i.onerror = () => r("refused");
                        i.src = url + "icon.svg"; }),
                    ]).then(all => done(all.join(" ")));
                    """, url);
        assertThat(results).isEqualTo("refused refused refused refused");
        assertThat(new Rest(page.url()).subjects("")).containsExactly("kept");
        browser.driver().get("data:text/html,<iframe src='" + page.url() + "'></iframe>");
        browser.driver().switchTo().frame(0);
        assertThat(browser.driver().findElements(By.cssSelector("body:not(:has(#messages))")))
                .isNotEmpty();
        browser.driver().switchTo().defaultContent();
    }
}
