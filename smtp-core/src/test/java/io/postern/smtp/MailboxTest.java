package io.postern.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailboxTest {

    private static final String LABEL = "b".repeat(63);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a@b|a|b",
                "first.last@sub.example.org|first.last|sub.example.org",
                "user+tag@example.org|user+tag|example.org",
                "!#$%&'*+-/=?^_{}~@example.org|!#$%&'*+-/=?^_{}~|example.org",
                "0@0.0|0|0.0",
                "a@xn--bcher-kva.example|a|xn--bcher-kva.example",
                "a@a_b.example|a|a_b.example",
                "a@1-2.example|a|1-2.example",
                "\"\"@example.org||example.org",
                "\"a\"@example.org|a|example.org",
                "\"a b\"@example.org|`a b`|example.org",
                "\"a@b\"@example.org|a@b|example.org",
                "\"a\\\"b\\\\c\"@example.org|a\"b\\c|example.org",
                "\"a\\ b\"@example.org|`a b`|example.org",
                "\"<>()[],;:.\"@example.org|<>()[],;:.|example.org",
                "a@[192.0.2.1]|a|[192.0.2.1]",
                "a@[0.0.0.0]|a|[0.0.0.0]",
                "a@[255.255.255.255]|a|[255.255.255.255]",
                "a@[IPv6:2001:db8::1]|a|[IPv6:2001:db8::1]",
                "a@[ipv6:::1]|a|[ipv6:::1]",
                "a@[IPv6:::]|a|[IPv6:::]",
                "a@[IPv6:1:2:3:4:5:6:7:8]|a|[IPv6:1:2:3:4:5:6:7:8]",
                "a@[IPv6:1::4:5:6:7:8]|a|[IPv6:1::4:5:6:7:8]",
                "a@[IPv6:::ffff:192.0.2.1]|a|[IPv6:::ffff:192.0.2.1]",
                "a@[IPv6:1:2:3:4:5:6:192.0.2.1]|a|[IPv6:1:2:3:4:5:6:192.0.2.1]",
                "a@[x400:c=de]|a|[x400:c=de]",
                "jürgen@bücher.example|jürgen|bücher.example",
                "用户@例子.example|用户|例子.example",
                "\"用 户\"@例子.example|`用 户`|例子.example",
                "😀@example.org|😀|example.org",
                "postmaster|postmaster|",
                "PostMaster|PostMaster|",
            })
    @Covers({"RFC 5321 §4.1.2", "RFC 5321 §4.1.3", "RFC 6531 §3.3"})
    void aMailboxIsTakenApart(String address, String localPart, String domain) {
        Mailbox mailbox = Mailbox.of(address);
        assertThat(mailbox.address()).isEqualTo(address).isEqualTo(mailbox.toString());
        assertThat(mailbox.localPart()).isEqualTo(localPart == null ? "" : localPart);
        assertThat(mailbox.domain()).isEqualTo(domain == null ? "" : domain);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "@",
                "a",
                "a@",
                "@b",
                "a@b@c",
                "a b@c",
                " a@b",
                "a@b ",
                "a@ b",
                ".a@b",
                "a.@b",
                "a..b@c",
                "a@.b",
                "a@b.",
                "a@b..c",
                "a@-b",
                "a@b-",
                "a@b-.c",
                "a@b.-c",
                "a@b c",
                "a@b,c",
                "a@b!c",
                "a,b@c",
                "a:b@c",
                "a;b@c",
                "(a)@b",
                "a[b@c",
                "<a@b>",
                "a\"b@c",
                "\"a@b",
                "\"a\"b@c",
                "\"a\"",
                "\"a\"@",
                "\"\\\"@b",
                "\"a\\",
                "\"",
                "\"a\"b\"@c",
                "a@[]",
                "a@[",
                "a@]",
                "a@[192.0.2]",
                "a@[192.0.2.1",
                "a@192.0.2.1]",
                "a@[192.0.2.256]",
                "a@[192.0.2.1.1]",
                "a@[192.0.2.]",
                "a@[0192.0.2.1]",
                "a@[-1.0.2.1]",
                "a@[192.0.2.1]x",
                "a@[IPv6:]",
                "a@[IPv6:1]",
                "a@[IPv6:12345::]",
                "a@[IPv6:1:2:3:4:5:6:7]",
                "a@[IPv6:1:2:3:4:5:6:7:8:9]",
                "a@[IPv6:1::2::3]",
                "a@[IPv6::::]",
                "a@[IPv6:1:2:3:4:5:6:7::]",
                "a@[IPv6:g::1]",
                "a@[IPv6:1.2.3.4::1]",
                "a@[IPv6:1.2.3.4::]",
                "a@[IPv6:::1.2.3]",
                "a@[IPv6:::1.2.3.4:5]",
                "a@[2001:db8::1]x",
                "a@[-x:y]",
                "a@[x-:y]",
                "a@[x:]",
                "a@[x:y z]",
                "a@[x:y\\z]",
                "a@[x:y[z]",
                "a\u0000@b",
                "a@b\u0000",
                "a\r\n@b",
                "a\u007F@b",
                "a\u0085@b",
                "a@b\u0085c",
                "a\uFFFD@b",
                "\"a\u0001\"@b",
                "\"a\\é\"@b",
                "postmaster@",
                "hostmaster",
            })
    @Covers({"RFC 5321 §4.1.2", "RFC 5321 §4.1.3"})
    void whatIsNoMailboxIsRefused(String address) {
        assertThat(Mailbox.parse(address)).isEmpty();
        assertThatThrownBy(() -> Mailbox.of(address)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Covers({"RFC 5321 §4.5.3.1.2", "RFC 5321 §4.5.3.1.3"})
    void theLengthsAreCountedInOctets() {
        String domain = LABEL + "." + LABEL + "." + LABEL + ".c";
        assertThat(Mailbox.parse("a".repeat(60) + "@" + domain)).isPresent();
        assertThat(Mailbox.parse("a".repeat(61) + "@" + domain)).isEmpty();
        assertThat(Mailbox.parse("é".repeat(30) + "@" + domain)).isPresent();
        assertThat(Mailbox.parse("é".repeat(30) + "a@" + domain)).isEmpty();
        assertThat(Mailbox.parse("a@" + LABEL + "b.c")).isEmpty();
        assertThat(Mailbox.of("😀é@b.c").localPartOctets()).isEqualTo(6);
        assertThat(Mailbox.of("postmaster").localPartOctets()).isEqualTo(10);
    }

    @Test
    void onlyAddressesWithoutUtf8AreAscii() {
        assertThat(Mailbox.of("a@b.c").isAscii()).isTrue();
        assertThat(Mailbox.of("é@b.c").isAscii()).isFalse();
        assertThat(Mailbox.of("a@é.c").isAscii()).isFalse();
    }

    @Test
    @Covers("RFC 5321 §2.4")
    void mailboxesAreEqualWhenTheyMeanTheSame() {
        assertThat(Mailbox.of("\"a\"@B.c")).isEqualTo(Mailbox.of("a@b.C")).hasSameHashCodeAs(Mailbox.of("a@b.C"));
        assertThat(Mailbox.of("A@b.c")).isNotEqualTo(Mailbox.of("a@b.c"));
        assertThat(Mailbox.of("postmaster")).isNotEqualTo(Mailbox.of("postmaster@b.c"));
        assertThat(Mailbox.of("a@b.c")).isNotEqualTo("a@b.c");
    }

    @ParameterizedTest
    @CsvSource({"ı,I", "ſ,s", "\u212A,k", "İ,i"})
    void equalMailboxesHaveEqualHashCodesOutsideAsciiToo(String one, String other) {
        Mailbox first = Mailbox.of("a@" + one + ".c");
        Mailbox second = Mailbox.of("a@" + other + ".c");
        assertThat(first.equals(second) && first.hashCode() != second.hashCode())
                .isFalse();
    }
}
