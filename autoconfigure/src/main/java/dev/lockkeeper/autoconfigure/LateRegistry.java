// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.function.Supplier;

import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Gets a registry of Micrometer when a run needs it, which is before most beans exist:
 * not while Lockkeeper's own are created, and not at all in a MIGRATE_ONLY process from
 * which nothing is exported. When a registry cannot be created yet, only what would have
 * been recorded in it is lost.
 *
 * @param <T> the type of the registry
 */
final class LateRegistry<T> implements Supplier<T> {

	private static final Log logger = LogFactory.getLog(LateRegistry.class);

	/**
	 * The types that push to a receiver, in place of being scraped.
	 */
	private static final List<String> EXPORTERS = List.of("io.micrometer.core.instrument.push.PushMeterRegistry",
			"org.springframework.boot.micrometer.metrics.export.prometheus.PrometheusPushGatewayManager",
			"io.opentelemetry.sdk.trace.export.SpanExporter");

	private final Mode mode;

	private final ListableBeanFactory beanFactory;

	private final Supplier<@Nullable T> registry;

	private final T none;

	private @Nullable T found;

	LateRegistry(Mode mode, ListableBeanFactory beanFactory, Supplier<@Nullable T> registry, T none) {
		this.mode = mode;
		this.beanFactory = beanFactory;
		this.registry = registry;
		this.none = none;
	}

	@Override
	public synchronized T get() {
		T known = this.found;
		if (known == null) {
			known = find();
			this.found = known;
		}
		return known;
	}

	private T find() {
		try {
			T registered = (this.mode != Mode.MIGRATE_ONLY || createExporters()) ? this.registry.get() : null;
			return (registered != null) ? registered : this.none;
		}
		catch (BeansException ex) {
			logger.warn("lockkeeper - runs are not recorded by Micrometer, because its registry needs something that "
					+ "needs the schema (%s)".formatted(Redaction.redact(String.valueOf(ex.getMessage()))));
			return this.none;
		}
	}

	// Some of them are no dependency of a registry, and no other bean creates them
	private boolean createExporters() {
		boolean created = false;
		for (String exporter : EXPORTERS) {
			ClassLoader classLoader = getClass().getClassLoader();
			if (ClassUtils.isPresent(exporter, classLoader)) {
				Class<?> type = ClassUtils.resolveClassName(exporter, classLoader);
				for (String name : this.beanFactory.getBeanNamesForType(type, true, false)) {
					this.beanFactory.getBean(name);
					created = true;
				}
			}
		}
		return created;
	}

}
