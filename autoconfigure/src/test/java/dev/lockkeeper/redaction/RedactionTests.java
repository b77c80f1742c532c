// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

class RedactionTests {

	private static final String AWKWARD = "k/9@%x,'q)\"Z;&=?#\\ {ß}";

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://host/db?user=me&password=geheim&ssl=true",
			"jdbc:postgresql://host/db?user=me&password=a,geheim'b)geheim;c&ssl=true",
			"jdbc:postgresql://host/db?user=me&password=%67geheim%2F&ssl=true",
			"jdbc:postgresql://host/db?sslpassword=geheim", "jdbc:postgresql://me:geheim@host:5432/db",
			"jdbc:postgresql://me:ge/geheim@host:5432/db", "jdbc:mysql://me:p@geheim@host:3306/db",
			"jdbc:mysql://me:geheim?#geheim@host/db", "jdbc:mysql://me:12/geheim@host/db",
			"mysql://a:geheim@h1,b:geheim@h2/db", "mysql://h1:3306,b:geheim@h2/db",
			"jdbc:mysql://address=(host=h)(user=me)(password=geheim)(port=1)/db",
			"jdbc:mysql://address=(host=h)(password=a)geheim)/db", "jdbc:mysql://(host=h,user=me,password=geheim)/db",
			"jdbc:oracle:thin:me/geheim@host:1521:db", "jdbc:oracle:thin:me/a/geheim@geheim@//host:1521/db",
			"jdbc:sqlserver://host;user=me;password=geheim;encrypt=true",
			"jdbc:sqlserver://host;user=me;password={a;geheim}}geheim};encrypt=true", "jdbc:h2:mem:db;PASSWORD=geheim",
			"PASSWORD = geheim", "password='a geheim'", "password=\"a \\\" geheim\"",
			"could not connect (jdbc:postgresql://host/db?password=geheim)", "{user=me, password=a,geheim, ssl=true}",
			"{\"user\":\"me\",\"password\":\"geheim\"}", "password: geheim", "access-token: geheim",
			"{\"token\": \"geheim\"}", "token=geheim", "db.pass=geheim", "clientSecret=geheim", "AWS_SECRET_KEY=geheim",
			"CREATE ROLE r LOGIN PASSWORD 'it''s geheim'", "create user u identified by 'geheim",
			"ALTER ROLE r PASSWORD $x$geheim$x$", "dblink('host=h password=geheim')" })
	void removesWhatStandsWhereACredentialIsExpected(String text) {
		assertThat(Redaction.redact(text)).doesNotContain("geheim").contains("******");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Change set db/changelog.sql::passwords::me failed",
			"FATAL: password authentication failed for user \"me\"", "Unexpected token: foo",
			"found character '@' that cannot start any token. (Do not use @ for indentation)",
			"The server requested password-based authentication, but no password was provided.",
			"db/002-password.sql: line 5", "Access denied (using password: YES)", "jdbc:postgresql://host:5432/db",
			"jdbc:postgresql://host:5432/db?user=me@corp", "jdbc:postgresql://h1:5432,h2:5433/db?user=me@corp",
			"jdbc:postgresql://[::1]:5432/db?user=me@corp", "jdbc:oracle:thin:@//host:1521/db",
			"column \"password\" does not exist", "at 12:30 me@host", "lockkeeper.lock.lease must be at least 5s" })
	void leavesOtherTextsAlone(String text) {
		assertThat(Redaction.redact(text)).isEqualTo(text);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"jdbc:postgresql://host:5432/db?user=me&password=x&ssl=true"
					+ "|jdbc:postgresql://host:5432/db?user=me&password=******&ssl=true",
			"jdbc:sqlserver://host;user=me;password=x;encrypt=true"
					+ "|jdbc:sqlserver://host;user=me;password=******;encrypt=true",
			"jdbc:mysql://me:x@host/db|jdbc:mysql://me:******@host/db",
			"jdbc:oracle:thin:me/x@host:1521:db|jdbc:oracle:thin:me/******@host:1521:db",
			"{user=me, password=x, ssl=true}|{user=me, password=******, ssl=true}",
			"mysql://address=(host=h)(password=x)(port=1)/db|mysql://address=(host=h)(password=******)(port=1)/db" })
	void keepsWhatStandsAroundIt(String text, String redacted) {
		assertThat(Redaction.redact(text)).isEqualTo(redacted);
	}

	@Test
	void removesAKnownCredentialInEveryEncoding() {
		Redaction.learn("me", AWKWARD);
		String percent = URLEncoder.encode(AWKWARD, StandardCharsets.UTF_8);
		String escaped = AWKWARD.replace("\\", "\\\\").replace("\"", "\\\"");
		assertThat(IntStream.range(0, 3)
			.mapToObj((offset) -> Base64.getEncoder()
				.encodeToString(("a".repeat(offset) + AWKWARD + "zz").getBytes(StandardCharsets.UTF_8))))
			.allSatisfy((text) -> assertThat(Redaction.redact(text)).contains("******").hasSizeLessThan(16));
		assertThat(Redaction.redact("x" + AWKWARD + "x")).isEqualTo("x******x");
		for (String form : new String[] { AWKWARD, percent, percent.replace("+", "%20"),
				percent.toLowerCase(java.util.Locale.ROOT).replace("z", "Z"),
				URLEncoder.encode(percent, StandardCharsets.UTF_8), AWKWARD.replace("%", "%25").replace("@", "%40"),
				escaped, escaped.replace("/", "\\/"), escaped.replace("ß", "\\u00DF"), AWKWARD.replace("'", "''"),
				Base64.getEncoder().encodeToString(AWKWARD.getBytes(StandardCharsets.UTF_8)),
				Base64.getUrlEncoder().encodeToString(AWKWARD.getBytes(StandardCharsets.UTF_8)) }) {
			assertThat(Redaction.redact("near <" + form + ">")).matches("near <\\*{6}.{0,4}>");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://host/db?password=%s", "jdbc:postgresql://me:%s@host/db",
			"jdbc:oracle:thin:me/%s@host:1521:db", "jdbc:sqlserver://host;password=%s;encrypt=true",
			"jdbc:mysql://address=(host=h)(password=%s)/db" })
	void learnsFromUrls(String url) {
		String secret = "u/" + Integer.toHexString(url.hashCode());
		Redaction.learnUrl(url.formatted(URLEncoder.encode(secret, StandardCharsets.UTF_8)));
		assertThat(Redaction.redact("UnknownHostException: me:" + secret + "@host"))
			.isEqualTo("UnknownHostException: me:******@host");
	}

	@Test
	void learnsWhatIsInBracesAsTheDriverReadsIt() {
		Redaction.learnUrl("jdbc:sqlserver://host;password={brace;}}d-1};encrypt=true");
		assertThat(Redaction.redact("near brace;}d-1")).isEqualTo("near ******");
	}

	@Test
	void learnsFromPropertiesOfADriver() {
		Properties properties = new Properties();
		properties.setProperty("sslpassword", "driver-5ecret");
		properties.setProperty("ssl", "plain-value1");
		Redaction.learn(properties);
		assertThat(Redaction.redact("driver-5ecret plain-value1")).isEqualTo("****** plain-value1");
	}

	@Test
	void learnsFromTheEnvironment() {
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.addFirst(new MapPropertySource("test",
					Map.of("spring.datasource.password", "${my.vault}", "my.vault", "resolved-1", "app.tokens[0]",
							"indexed-1", "spring.datasource.url", "jdbc:postgresql://h/db?password=in-url-1",
							"app.token-uri", "https://tokens-1/", "app.password.rule", "minimum-8", "app.secret",
							"true", "app.pass", "abc", "own.secret", "${own.secret}")));
		environment.getPropertySources()
			.addLast(new SystemEnvironmentPropertySource("variables", Map.of("PWD", "/working-1", "PGPASSWORD",
					"variable-1", "PGUSER", "harbour", "DB_PASSWORD", "harbour")));
		Redaction.learn(environment);
		assertThat(Redaction.redact("resolved-1 indexed-1 in-url-1 variable-1"))
			.isEqualTo("****** ****** ****** ******");
		assertThat(Redaction.redact("https://tokens-1/ minimum-8 true abc /working-1 harbour"))
			.isEqualTo("https://tokens-1/ minimum-8 true abc /working-1 harbour");
	}

	@Test
	void doesNotTearAWordOutOfOthers() {
		Redaction.learn("me", "lighter");
		Redaction.learn("me", "anchor");
		assertThat(Redaction.redact("anchorage lighters, anchor lighter."))
			.isEqualTo("anchorage lighters, ****** ******.");
	}

	@Test
	void takesLongerCredentialsFirst() {
		Redaction.learn("me", "part-77");
		Redaction.learn("me", "part-77-whole");
		assertThat(Redaction.redact("part-77-whole")).isEqualTo("******");
	}

	@Test
	void aPasswordThatIsTheNameOfItsUserIsNotLearnt() {
		Redaction.learn("mooring-1", "mooring-1");
		Redaction.learnUrl("jdbc:postgresql://h/db?user=mooring-2&password=mooring-2");
		assertThat(Redaction.redact("mooring-1 mooring-2")).isEqualTo("mooring-1 mooring-2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "password='%s'", "password=\"%s\"", "x;password={%s};", "PASSWORD '%s'", "(password=%s)",
			"?password=%s&" })
	void copesWithTextsOfAnyLength(String text) {
		assertThat(Redaction.redact(text.formatted("geheim//".repeat(5_000))).length()).isLessThan(100);
		assertThat(Redaction.redact("x//y:".repeat(2_000))).hasSize(10_000);
	}

	@Test
	void forgetsTheOldestOfAThousand() {
		KnownCredentials known = new KnownCredentials();
		IntStream.range(0, 1001).forEach((number) -> {
			known.add("rotated-%04d".formatted(number));
			known.add("rotated-0000");
		});
		assertThat(known.redact("rotated-0000 rotated-0001 rotated-0002 rotated-1000"))
			.isEqualTo("****** rotated-0001 ****** ******");
	}

	@Test
	void removesCredentialsFromStackTraces() {
		Redaction.learn("me", "stack-trac3");
		Throwable failure = new IllegalStateException("outer", new IllegalArgumentException("near stack-trac3"));
		assertThat(Redaction.isNeeded(failure)).isTrue();
		assertThat(Redaction.redact(failure)).doesNotContain("stack-trac3")
			.contains("IllegalStateException: outer", "Caused by: ", "near ******", "at " + getClass().getName());
		assertThat(Redaction.isNeeded(new IllegalStateException("outer"))).isFalse();
	}

}
