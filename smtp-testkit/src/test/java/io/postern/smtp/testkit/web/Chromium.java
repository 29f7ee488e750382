package io.postern.smtp.testkit.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** Debian's browser, without a window, that reaches nothing but 127.0.0.1. */
final class Chromium implements AutoCloseable {

    private static final File BROWSER = new File("/usr/bin/chromium");
    private static final File DRIVER = new File("/usr/bin/chromedriver");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ChromeDriver driver;
    private final String window;

    private Chromium(ChromeDriver driver) {
        this.driver = driver;
        window = driver.getWindowHandle();
        driver.manage().timeouts().implicitlyWait(PATIENCE).scriptTimeout(PATIENCE);
    }

    /** Where it is missing the test is skipped, or fails when the environment has {@code CI=true}. */
    static Chromium start() {
        for (File program : List.of(BROWSER, DRIVER)) {
            if (!program.canExecute()) {
                if ("true".equals(System.getenv("CI"))) {
                    fail(program + " is missing, but CI must not skip this test");
                }
                abort(program + " is missing");
            }
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(BROWSER);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
        ChromeDriverService service =
                new ChromeDriverService.Builder().usingDriverExecutable(DRIVER).build();
        return new Chromium(new ChromeDriver(service, options));
    }

    /** Opens a page and waits until it is told what happens. */
    void open(InboxPage page) {
        driver.get(page.url().toString());
        find(".live[data-on=yes]");
    }

    ChromeDriver driver() {
        return driver;
    }

    /** Waits for an element. */
    WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    /** Waits for an element and clicks it; when the page draws it anew in between, that one. */
    void click(String css) {
        while (true) {
            try {
                find(css).click();
                return;
            } catch (StaleElementReferenceException drawnAnew) {
                // the test's own limit ends it
            }
        }
    }

    /** Waits until a script gives true; it is asked whenever something may have changed. */
    void await(String script) {
        Object done =
                driver.executeAsyncScript("const done = arguments[arguments.length - 1]; const ask = () => {" + script
                        + "}; const look = () => { try { if (ask()) return done(true); } catch (e) { } setTimeout(look, 20); };"
                        + " look();");
        assertThat(done).isEqualTo(true);
    }

    /** Waits until there is a window besides the first, and looks at it from now on. */
    void switchToOtherWindow() {
        List<String> others = others();
        while (others.isEmpty()) {
            others = others(); // each time the browser is asked and answers; the test's own limit ends it
        }
        driver.switchTo().window(others.get(0));
    }

    /** Closes all windows but the first, and looks at that from now on. */
    void closeOtherWindows() {
        for (String other : others()) {
            driver.switchTo().window(other).close();
        }
        driver.switchTo().window(window);
    }

    private List<String> others() {
        return driver.getWindowHandles().stream()
                .filter(other -> !other.equals(window))
                .toList();
    }

    /** Waits until an element has exactly this text. */
    void awaitText(String css, String text) {
        await("return document.querySelector('" + css + "').innerText.trim() === `" + text + "`;");
    }

    /** Waits until the list has these subjects. */
    void awaitList(String... subjects) {
        await("return [...document.querySelectorAll('#messages .what')].map(e => e.innerText.trim()).join('|') === `"
                + String.join("|", subjects) + "`;");
    }

    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** Types as a person does, into whatever has the focus. */
    void type(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    void press(Keys key) {
        type(key);
    }

    void resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** @param scheme {@code light} or {@code dark}, as the reader's system has it */
    void prefer(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
