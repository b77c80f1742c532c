// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.security.Principal;
import java.time.Clock;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.question.PendingSql;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.testing.FakeSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who may see the SQL of what is pending is decided as for the values of Spring Boot's
 * own endpoints. 503, because the schema cannot be read, shows that the request was
 * authorized.
 */
class SchemaEndpointWebExtensionTests {

	private static final int ALLOWED = 503;

	private static final int REFUSED = 403;

	private final SchemaGate gate = new SchemaGate(Clock.systemUTC());

	@ParameterizedTest
	@CsvSource({ "NEVER, operator, , 403", "NEVER, , , 403", "ALWAYS, , , 503", "ALWAYS, operator, admin, 503",
			"WHEN_AUTHORIZED, , , 403", "WHEN_AUTHORIZED, operator, , 503", "WHEN_AUTHORIZED, operator, admin, 403",
			"WHEN_AUTHORIZED, operator, operator, 503", "WHEN_AUTHORIZED, , operator, 403" })
	void theSettingAndTheRolesDecide(Show show, @Nullable String user, @Nullable String role, int status) {
		this.gate.add(new FakeSchema("liquibase").unreadable(new IllegalStateException("The database is gone")));
		SchemaEndpointWebExtension extension = extension(show, (role != null) ? List.of(role) : List.of());
		WebEndpointResponse<Object> response = Objects
			.requireNonNull(extension.schema(new User(user), SchemaRepresentation.HTML, null, "liquibase", "sql"));
		assertThat(response.getStatus()).isEqualTo(status);
		assertThat(response.getContentType()).hasToString("text/plain;charset=UTF-8");
		assertThat(response.getBody()).asString()
			.contains((status == REFUSED) ? "management.endpoint.schema.show-values" : "cannot be read");
	}

	@ParameterizedTest
	@ValueSource(strings = { "tenants/acme", "tenants/sql", "sql", "a/b/c" })
	void theNameOfASchemaMayHaveSeveralPartsAndMayBeSql(String name) {
		this.gate.add(new FakeSchema(name).unreadable(new IllegalStateException("The database is gone")));
		SchemaEndpointWebExtension extension = extension(Show.ALWAYS, List.of());
		WebEndpointResponse<Object> sql = Objects.requireNonNull(
				extension.schema(new User(null), SchemaRepresentation.JSON, null, (name + "/sql").split("/")));
		assertThat(sql.getStatus()).isEqualTo(ALLOWED);
		WebEndpointResponse<Object> schema = Objects
			.requireNonNull(extension.schema(new User(null), SchemaRepresentation.ACTUATOR_V3, null, name.split("/")));
		assertThat(schema.getStatus()).isEqualTo(200);
		assertThat(schema.getContentType()).hasToString("application/vnd.spring-boot.actuator.v3+json");
	}

	@Test
	void whatIsNoTextIsJsonForAClientThatRequestsText() {
		this.gate.add(new FakeSchema("liquibase").unreadable(new IllegalStateException("The database is gone")));
		SchemaEndpointWebExtension extension = extension(Show.NEVER, List.of());
		User user = new User(null);
		WebEndpointResponse<Object> schema = Objects
			.requireNonNull(extension.schema(user, SchemaRepresentation.TEXT, null, "liquibase"));
		assertThat(schema.getContentType()).hasToString("application/json");
		assertThat(extension.schemas(user, SchemaRepresentation.TEXT).getContentType()).hasToString("application/json");
		assertThat(extension.schema(user, SchemaRepresentation.TEXT, null, "another", "sql")).isNull();
		assertThat(extension.schema(user, SchemaRepresentation.TEXT, null, "another")).isNull();
	}

	private SchemaEndpointWebExtension extension(Show show, List<String> roles) {
		ModeDecision decision = new ModeDecision(Mode.DEFER, "set", true, false, true);
		SchemaEndpoint endpoint = new SchemaEndpoint(this.gate, decision,
				PageContext.of(new RunOrigin("DEFER", "app", null, "pod"), "schema", null));
		return new SchemaEndpointWebExtension(endpoint, new SchemaSql(new PendingSql(this.gate), show, roles));
	}

	private record User(@Nullable String name) implements SecurityContext {

		@Override
		public @Nullable Principal getPrincipal() {
			return (this.name != null) ? () -> this.name : null;
		}

		@Override
		public boolean isUserInRole(String role) {
			return role.equals(this.name);
		}

	}

}
