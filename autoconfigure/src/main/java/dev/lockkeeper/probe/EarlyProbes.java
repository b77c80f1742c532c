// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import dev.lockkeeper.actuate.page.Runbook;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.RunOrigin;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Answers probes where the application will answer them itself, from the moment at which
 * its environment is known until its web server is about to bind; the endpoint
 * {@code schema} likewise, where that is wanted. A failure to do so never fails the
 * start. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class EarlyProbes implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(EarlyProbes.class);

	/**
	 * A web server to hand over to, health endpoints to answer for, and the server of the
	 * JDK, which a runtime image may lack.
	 */
	private static final List<String> REQUIRED = List.of(
			"org.springframework.boot.web.server.context.WebServerApplicationContext",
			"org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties",
			"org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointProperties",
			"com.sun.net.httpserver.HttpServer");

	private static final boolean POSSIBLE = REQUIRED.stream()
		.allMatch((name) -> ClassUtils.isPresent(name, EarlyProbes.class.getClassLoader()));

	/**
	 * Spring Security guards the port of the management endpoints as well.
	 */
	private static final boolean GUARDED = ClassUtils.isPresent("org.springframework.security.web.SecurityFilterChain",
			EarlyProbes.class.getClassLoader());

	private final ModeDecision decision;

	private final StartProgress progress;

	private final Map<WebPort, ProbeServer> servers = new EnumMap<>(WebPort.class);

	private final List<String> skipped;

	private final AtomicReference<@Nullable RunOrigin> process = new AtomicReference<>();

	private EarlyProbes(ModeDecision decision, StartProgress progress, List<String> skipped) {
		this.decision = decision;
		this.progress = progress;
		this.skipped = skipped;
	}

	/**
	 * Return whether the application will answer probes itself.
	 * @param context the context of the application
	 * @return whether the application will have a web server that answers probes
	 */
	public static boolean isPossible(ApplicationContext context) {
		return POSSIBLE && context instanceof WebServerApplicationContext;
	}

	/**
	 * Begin to answer.
	 * @param environment the environment, complete with configuration files
	 * @param type what the application will be
	 * @param decision the mode of the process
	 * @param stuckAfter the time after which a start is no longer live when nothing has
	 * moved; {@code null} for never
	 * @param schema where the endpoint {@code schema} is answered as well
	 * @return what answers, or {@code null} where the application will start no web
	 * server of its own, or none with probes
	 */
	public static @Nullable EarlyProbes open(ConfigurableEnvironment environment, WebApplicationType type,
			ModeDecision decision, @Nullable Duration stuckAfter, EarlySchema schema) {
		if (!POSSIBLE || type == WebApplicationType.NONE) {
			return null;
		}
		ProbePlan plan = ProbePlan.of(environment, type);
		Runbook runbook = Runbook.of(environment.getProperty(Runbook.URL_PROPERTY));
		EarlyProbes probes = new EarlyProbes(decision, new StartProgress(stuckAfter, System::nanoTime), plan.skipped());
		for (Opening opening : plan.openings()) {
			probes.open(opening, new ProbeHandler(opening, decision, plan.detailed(), probes.progress,
					probes.endpoint(opening, schema, runbook)));
		}
		return probes;
	}

	private @Nullable EarlySchemaEndpoint endpoint(Opening opening, EarlySchema schema, @Nullable Runbook runbook) {
		String path = opening.schema();
		if (path == null || schema == EarlySchema.NEVER) {
			return null;
		}
		return new EarlySchemaEndpoint(path, this.decision, this.progress::getInspections,
				schema.isShownAt(opening.port(), GUARDED), runbook, this.process::get);
	}

	private void open(Opening opening, ProbeHandler handler) {
		try {
			this.servers.put(opening.port(), ProbeServer.open(opening.address(), handler));
		}
		catch (IOException | RuntimeException ex) {
			// If the port is taken, the server of the application reports that
			logger.debug("lockkeeper - probes are not answered yet at %s".formatted(opening.address()), ex);
		}
	}

	/**
	 * Give the ports back in time, or at once where the context will have no web server
	 * of its own. From then on the context has the
	 * {@link dev.lockkeeper.progress.Progress Progress} that the answers depend on.
	 * @param context the context, before it is refreshed
	 */
	public void handOverTo(ConfigurableApplicationContext context) {
		if (!(context instanceof WebServerApplicationContext)) {
			close();
			return;
		}
		ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
		beanFactory.registerSingleton("lockkeeperEarlyProbes", this);
		beanFactory.registerSingleton("lockkeeperProgress", this.progress);
		beanFactory.registerSingleton("lockkeeperServerPortHandOver", new PortHandOver(() -> giveBack(WebPort.SERVER)));
		report();
	}

	/**
	 * Show the endpoint {@code schema}, which the application will have. Before that,
	 * requests for it get the answer that it is not there yet.
	 * @param describe describes the process, by its mode
	 */
	public void showSchema(Function<Mode, RunOrigin> describe) {
		this.process.set(describe.apply(this.decision.mode()));
	}

	/**
	 * Describe the process more exactly, for where the endpoint {@code schema} is shown.
	 * @param origin the process, as its runs name it
	 */
	public void describe(RunOrigin origin) {
		this.process.updateAndGet((shown) -> (shown != null) ? origin : null);
	}

	private synchronized void report() {
		if (!this.servers.isEmpty()) {
			logger.info("lockkeeper - probes are answered while the application starts (port %s)".formatted(String
				.join(" and ", this.servers.values().stream().map((server) -> "" + server.getPort()).toList())));
		}
		if (!this.skipped.isEmpty() && !this.servers.containsKey(WebPort.MANAGEMENT)) {
			logger
				.warn(("lockkeeper - probes are not answered while the application starts (%s); set a port without TLS "
						+ "for them with management.server.port and management.server.ssl.enabled=false, or "
						+ "lockkeeper.probe.enabled=false")
					.formatted(String.join("; ", this.skipped)));
		}
	}

	/**
	 * Stop answering at a port. When this returns, the port is free.
	 * @param port the port
	 */
	public synchronized void giveBack(WebPort port) {
		ProbeServer server = this.servers.remove(port);
		if (server != null) {
			server.close();
		}
	}

	/**
	 * Stop answering. When this returns, the ports are free.
	 */
	@Override
	public void close() {
		for (WebPort port : WebPort.values()) {
			giveBack(port);
		}
	}

}
