package io.postern.smtp.sasl;

import static org.assertj.core.api.Assertions.assertThat;

import com.ongres.saslprep.SASLprep;
import com.ongres.stringprep.Profile;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SaslPrepTest {

    private static final long SEED = 4013;

    private static final Profile OTHER = new SASLprep();
    private static final int[] KNOWN = known();

    // RFC 4013 §3
    @Test
    void theExamplesOfTheRfcHold() {
        assertThat(SaslPrep.prepare("I\u00ADX")).contains("IX");
        assertThat(SaslPrep.prepare("user")).contains("user");
        assertThat(SaslPrep.prepare("USER")).contains("USER");
        assertThat(SaslPrep.prepare("\u00AA")).contains("a");
        assertThat(SaslPrep.prepare("\u2168")).contains("IX");
        assertThat(SaslPrep.prepare("\u0007")).isEmpty();
        assertThat(SaslPrep.prepare("\u06271")).isEmpty();
    }

    @Test
    void nothingIsNotAName() {
        assertThat(SaslPrep.prepare("")).isEmpty();
        assertThat(SaslPrep.prepare("\u00AD")).isEmpty();
    }

    @Test
    void codePointsArePreparedAsAnotherLibraryDoes() {
        assertThat(KNOWN).hasSizeGreaterThan(8_000);
        assertThat(Arrays.stream(KNOWN).mapToObj(Character::toString).filter(this::differs))
                .isEmpty();
    }

    @Test
    void mixturesArePreparedAsAnotherLibraryDoes() {
        int[] low = Arrays.stream(KNOWN).filter(c -> c < 0x700).toArray();
        Random random = new Random(SEED);
        assertThat(Stream.generate(() -> mixture(low, random)).limit(5_000).filter(this::differs))
                .as("seed " + SEED)
                .isEmpty();
    }

    private static String mixture(int[] codePoints, Random random) {
        StringBuilder text = new StringBuilder();
        for (int length = 1 + random.nextInt(6); length > 0; length--) {
            text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return text.toString();
    }

    /**
     * Code points that Unicode 3.2 knew, the others have the properties that each Java gives them: every one of the
     * scripts and of what is special, some of the long rows of ideographs, syllables and private use.
     */
    private static int[] known() {
        IntStream dense = IntStream.concat(IntStream.range(1, 0x3400), IntStream.range(0xF900, 0x10800));
        IntStream special = IntStream.concat(IntStream.range(0x1D000, 0x1D800), IntStream.range(0xE0000, 0xE0080));
        IntStream sparse = IntStream.iterate(0x3400, c -> c <= Character.MAX_CODE_POINT, c -> c + 97)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
        return IntStream.concat(IntStream.concat(dense, special), sparse)
                .filter(c -> theirs(Character.toString(c), OTHER::prepareStored)
                        .equals(theirs(Character.toString(c), OTHER::prepareQuery)))
                .toArray();
    }

    // the zero width space is both a space and nothing to RFC 3454; a space to most, nothing to them
    private boolean differs(String text) {
        return !text.equals("\u200B") && !SaslPrep.prepare(text).equals(theirs(text, OTHER::prepareQuery));
    }

    private static Optional<String> theirs(String text, UnaryOperator<String> prepare) {
        try {
            return Optional.of(prepare.apply(text)).filter(prepared -> !prepared.isEmpty());
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException prohibitedOrNothingLeft) {
            return Optional.empty();
        }
    }
}
