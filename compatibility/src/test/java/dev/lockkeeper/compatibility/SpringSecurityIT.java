// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.tools.ToolProvider;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The endpoint behind Spring Security, configured as the documentation describes: its
 * snippet is compiled, and requests are sent to it.
 */
class SpringSecurityIT {

	private static final String PAGE = "/actuator/schema";

	private static final String SQL = "/actuator/schema/liquibase/sql";

	private static final Pattern SNIPPET = Pattern
		.compile("(?s)## The endpoint behind Spring Security.*?```java\n(.*?)```");

	private static final String SOURCE = """
			package dev.lockkeeper.compatibility.plain;

			%s
			import org.springframework.context.annotation.Bean;
			import org.springframework.context.annotation.Configuration;
			import org.springframework.core.annotation.Order;
			import org.springframework.security.config.Customizer;
			import org.springframework.security.config.annotation.web.builders.HttpSecurity;
			import org.springframework.security.web.SecurityFilterChain;

			@Configuration(proxyBeanMethods = false)
			public class SecurityOfTheDocumentation {

			%s
			}
			""";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void theSnippetOfTheDocumentationLetsOperatorsAloneIn() throws Exception {
		List<Path> present = new ArrayList<>(Contexts.jarsOf("spring-security.directory"));
		present.add(compile(snippet(), present));
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|spring-security-crypto",
					present.toArray(Path[]::new))
			.database(this.database)
			.arguments("--server.port=0", "--spring.main.banner-mode=off", "--lockkeeper.mode=defer",
					"--lockkeeper.defer.startup=serve", "--management.endpoints.web.exposure.include=health,schema",
					"--management.endpoint.schema.show-values=when-authorized", "--spring.security.user.name=operator",
					"--spring.security.user.password=at-the-helm", "--spring.security.user.roles=OPERATOR")
			.start()) {
			int port = process.awaitPort(Contexts.START);
			process.awaitLine("Started PlainApplication", Contexts.START);
			for (String path : List.of(PAGE, PAGE + "/liquibase/runs", SQL)) {
				assertThat(get(port, path, null).statusCode()).as(path).isEqualTo(401);
			}
			HttpResponse<String> page = get(port, PAGE, "operator:at-the-helm");
			assertThat(page.statusCode()).isEqualTo(200);
			assertThat(page.body()).contains("May serve: no", "href=\"schema/liquibase/sql\"");
			HttpResponse<String> sql = get(port, SQL, "operator:at-the-helm");
			assertThat(sql.statusCode()).isEqualTo(200);
			assertThat(sql.body()).contains("CREATE TABLE", "'quartz-init'");
			// The kubelet does not log in
			assertThat(Http.get(port, "/actuator/health/liveness").status()).isEqualTo(200);
		}
	}

	@Test
	@FullTier
	void aUserWithoutTheRoleSeesNoSql() throws Exception {
		List<Path> present = new ArrayList<>(Contexts.jarsOf("spring-security.directory"));
		present.add(compile(snippet().replace("hasRole(\"OPERATOR\")", "authenticated()"), present));
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|spring-security-crypto",
					present.toArray(Path[]::new))
			.database(this.database)
			.arguments("--server.port=0", "--spring.main.banner-mode=off", "--lockkeeper.mode=defer",
					"--lockkeeper.defer.startup=serve", "--management.endpoints.web.exposure.include=health,schema",
					"--management.endpoint.schema.show-values=when-authorized",
					"--management.endpoint.schema.roles=OPERATOR", "--spring.security.user.name=sailor",
					"--spring.security.user.password=at-the-oar", "--spring.security.user.roles=CREW")
			.start()) {
			int port = process.awaitPort(Contexts.START);
			process.awaitLine("Started PlainApplication", Contexts.START);
			HttpResponse<String> page = get(port, PAGE, "sailor:at-the-oar");
			assertThat(page.statusCode()).isEqualTo(200);
			assertThat(page.body()).contains("May serve: no").doesNotContain("/sql");
			HttpResponse<String> sql = get(port, SQL, "sailor:at-the-oar");
			assertThat(sql.statusCode()).isEqualTo(403);
			assertThat(sql.body()).contains("management.endpoint.schema.roles").doesNotContain("CREATE TABLE");
		}
	}

	@Test
	@FullTier
	void whatTheEndpointRefusesLaterIsNotShownWhileTheApplicationWaits() throws Exception {
		int port = Http.freePort();
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|spring-security-crypto",
					Contexts.jarsOf("spring-security.directory").toArray(Path[]::new))
			.database(this.database)
			.arguments("--server.port=0", "--spring.main.banner-mode=off", "--lockkeeper.mode=defer",
					"--management.endpoints.web.exposure.include=health,schema", "--management.server.port=" + port)
			.start()) {
			process.awaitLine("lockkeeper - waiting for the schema", Contexts.START);
			Http.Answer early = Http.get(port, PAGE, "application/json");
			assertThat(early.status()).isEqualTo(503);
			assertThat(early.body()).contains("lockkeeper.probe.schema=always").doesNotContain("PENDING", "quartz");
			Contexts.migrate(this.database);
			process.awaitLine("Started PlainApplication", Contexts.START);
			assertThat(Http.get(port, PAGE, "application/json").status()).as("Spring Boot guards this port as well")
				.isEqualTo(401);
		}
	}

	private static String snippet() throws IOException {
		Matcher matcher = SNIPPET.matcher(Files.readString(Path.of("..", "docs", "getting-started.md")));
		assertThat(matcher.find()).isTrue();
		return matcher.group(1);
	}

	private Path compile(String snippet, List<Path> libraries) throws IOException {
		String imports = snippet.lines().filter((line) -> line.startsWith("import ")).collect(Collectors.joining("\n"));
		String members = snippet.lines()
			.filter((line) -> !line.startsWith("import "))
			.collect(Collectors.joining("\n"));
		Path source = Files.writeString(this.directory.resolve("SecurityOfTheDocumentation.java"),
				SOURCE.formatted(imports, members));
		Path classes = Files.createDirectory(this.directory.resolve("classes"));
		String classPath = libraries.stream()
			.map(Path::toString)
			.collect(Collectors.joining(File.pathSeparator, "",
					File.pathSeparator + System.getProperty("java.class.path")));
		int result = ToolProvider.getSystemJavaCompiler()
			.run(null, null, null, "-proc:none", "-cp", classPath, "-d", classes.toString(), source.toString());
		assertThat(result).as("the result of the compiler").isZero();
		return classes;
	}

	private static HttpResponse<String> get(int port, String path, @Nullable String login) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:%d%s".formatted(port, path)))
			.header("Accept", SchemaPageIT.CHROME);
		if (login != null) {
			String credentials = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
			request.header("Authorization", "Basic " + credentials);
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

}
