// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.IncludeExcludeEndpointFilter;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.ExposableEndpoint;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.actuate.endpoint.AdditionalHealthEndpointPath;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointProperties;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Where the application will answer probes once it has started, as far as its properties
 * show. The settings are bound to the types that Spring Boot itself binds them to.
 *
 * @param openings where probes can be answered before that
 * @param skipped why they cannot be at the other ports of the application, for people to
 * read
 * @param detailed whether the details of readiness are shown to unauthorized clients
 */
record ProbePlan(List<Opening> openings, List<String> skipped, boolean detailed) {

	private static final int DEFAULT_PORT = 8080;

	// As Spring Boot chooses: Jersey answers where there is no Spring MVC
	private static final boolean JERSEY = isPresent("org.glassfish.jersey.server.ResourceConfig")
			&& !isPresent("org.springframework.web.servlet.DispatcherServlet");

	private static final String SCHEMA = "schema";

	private static final String LIVENESS = "liveness";

	private static final String READINESS = "readiness";

	static ProbePlan of(Environment environment, WebApplicationType type) {
		return new Reader(environment, type).read();
	}

	private static boolean isPresent(String name) {
		return ClassUtils.isPresent(name, ProbePlan.class.getClassLoader());
	}

	/**
	 * Reads the settings.
	 */
	private static final class Reader {

		private final Environment environment;

		private final WebApplicationType type;

		private final ServerProperties server;

		private final ManagementServerProperties management;

		private final WebEndpointProperties endpoints;

		private final HealthEndpointProperties health;

		private final List<Opening> openings = new ArrayList<>();

		private final List<String> skipped = new ArrayList<>();

		Reader(Environment environment, WebApplicationType type) {
			this.environment = environment;
			this.type = type;
			Binder binder = Binder.get(environment);
			this.server = binder.bindOrCreate("server", ServerProperties.class);
			this.management = binder.bindOrCreate("management.server", ManagementServerProperties.class);
			this.endpoints = binder.bindOrCreate("management.endpoints.web", WebEndpointProperties.class);
			this.health = binder.bindOrCreate("management.endpoint.health", HealthEndpointProperties.class);
		}

		ProbePlan read() {
			ManagementPortType managementPort = ManagementPortType.get(this.environment);
			String root = rootOfApplication();
			Integer port = this.server.getPort();
			boolean serverTls = Ssl.isEnabled(this.server.getSsl());
			add(WebPort.SERVER, (port != null) ? port : DEFAULT_PORT, this.server.getAddress(), serverTls,
					paths(LIVENESS, root, managementPort == ManagementPortType.SAME, WebServerNamespace.SERVER),
					paths(READINESS, root, managementPort == ManagementPortType.SAME, WebServerNamespace.SERVER),
					(managementPort == ManagementPortType.SAME) ? schema(root) : null);
			if (managementPort == ManagementPortType.DIFFERENT) {
				Integer own = this.management.getPort();
				// The server of the endpoints is configured as the one of the
				// application unless it has settings of its own
				boolean tls = (this.management.getSsl() != null) ? Ssl.isEnabled(this.management.getSsl()) : serverTls;
				String base = this.management.getBasePath();
				add(WebPort.MANAGEMENT, (own != null) ? own : 0, this.management.getAddress(), tls,
						paths(LIVENESS, base, true, WebServerNamespace.MANAGEMENT),
						paths(READINESS, base, true, WebServerNamespace.MANAGEMENT), schema(base));
			}
			return new ProbePlan(List.copyOf(this.openings), List.copyOf(this.skipped), isDetailed());
		}

		private void add(WebPort port, int number, @Nullable InetAddress address, boolean tls, Set<String> liveness,
				Set<String> readiness, @Nullable String schema) {
			String key = (port == WebPort.SERVER) ? "server" : "management.server";
			if (number < 0) {
				return;
			}
			if (number == 0) {
				this.skipped.add("%s.port=0 is known only when the server has it".formatted(key));
			}
			else if (tls) {
				this.skipped.add("port %d is for TLS".formatted(number));
			}
			else {
				InetSocketAddress where = (address != null) ? new InetSocketAddress(address, number)
						: new InetSocketAddress(number);
				this.openings.add(new Opening(port, where, liveness, readiness, schema));
			}
		}

		private Set<String> paths(String group, String root, boolean endpoint, WebServerNamespace namespace) {
			Set<String> paths = new LinkedHashSet<>();
			if (endpoint && isThere(group)) {
				paths.add(endpoint(root, "health", group));
			}
			if (namespace.equals(WebServerNamespace.SERVER)) {
				paths.add(path(root, LIVENESS.equals(group) ? "livez" : "readyz"));
			}
			HealthEndpointProperties.Group configured = this.health.getGroup().get(group);
			String additional = (configured != null) ? configured.getAdditionalPath() : null;
			if (additional != null) {
				AdditionalHealthEndpointPath parsed = AdditionalHealthEndpointPath.from(additional);
				if (parsed.hasNamespace(namespace)) {
					paths.add(path(root, parsed.getValue()));
				}
			}
			return paths;
		}

		// Only the context can know whether the endpoint exists at all
		private @Nullable String schema(String root) {
			boolean exposed = new IncludeExcludeEndpointFilter<>(ExposableEndpoint.class, this.environment,
					"management.endpoints.web.exposure", EndpointExposure.WEB.getDefaultIncludes())
				.match(EndpointId.of(SCHEMA));
			return exposed ? endpoint(root, SCHEMA, "") : null;
		}

		private String endpoint(String root, String id, String rest) {
			return path(root, this.endpoints.getBasePath(), this.endpoints.getPathMapping().getOrDefault(id, id), rest);
		}

		private boolean isThere(String group) {
			return this.environment.getProperty("management.endpoint.health.probes.enabled", Boolean.class, true)
					|| this.health.getGroup().containsKey(group);
		}

		private String rootOfApplication() {
			if (this.type == WebApplicationType.REACTIVE) {
				return this.environment.getProperty("spring.webflux.base-path", "");
			}
			String contextPath = this.server.getServlet().getContextPath();
			String servletPath = this.environment
				.getProperty(JERSEY ? "spring.jersey.application-path" : "spring.mvc.servlet.path", "");
			return ((contextPath != null) ? contextPath : "") + "/" + servletPath;
		}

		// Details for authorized users are not shown: no request can be authorized yet
		private boolean isDetailed() {
			HealthEndpointProperties.Group readiness = this.health.getGroup().get(READINESS);
			Show own = (readiness != null) ? readiness.getShowDetails() : null;
			return ((own != null) ? own : this.health.getShowDetails()) == Show.ALWAYS;
		}

		private static String path(String... parts) {
			return "/" + String.join("/", StringUtils.tokenizeToStringArray(String.join("/", parts), "/"));
		}

	}

}
