// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.lockkeeper.migration.MigrationTarget;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.function.SingletonSupplier;

/**
 * What the governors of all engines share: whether they govern at all, the schemas of the
 * process, and which beans of which engine are still to come.
 *
 * @since 0.1.0
 */
public final class Governance {

	private final boolean enabled;

	private final Supplier<Settings> settings;

	private final List<EngineGovernor> governors = new CopyOnWriteArrayList<>();

	private final Set<String> seen = ConcurrentHashMap.newKeySet();

	private volatile boolean begun;

	/**
	 * Create the governance of a process.
	 * @param enabled whether any bean is governed
	 * @param settings what that needs; supplied when the first bean is governed
	 */
	public Governance(boolean enabled, Supplier<Settings> settings) {
		this.enabled = enabled;
		this.settings = SingletonSupplier.of(settings);
	}

	boolean isEnabled() {
		return this.enabled;
	}

	void join(EngineGovernor governor) {
		this.governors.add(governor);
	}

	/**
	 * Note that a bean is created now.
	 */
	void seen(String bean) {
		this.seen.add(bean);
	}

	/**
	 * Return whether a bean has needed the schemas of the process.
	 */
	boolean hasBegun() {
		return this.begun;
	}

	/**
	 * Return the schemas of the process.
	 */
	GovernedSchemas getSchemas() {
		this.begun = true;
		return this.settings.get().schemas();
	}

	/**
	 * Hand a schema over.
	 * @param next the names of those that are known to come next
	 * @param beans the beans of the application
	 */
	void keep(MigrationTarget target, List<String> next, ListableBeanFactory beans) {
		Stream<String> unseen = this.governors.stream()
			.flatMap((governor) -> governor.findBeans(beans))
			.filter((name) -> !this.seen.contains(name));
		this.settings.get().keeper().accept(target, Stream.concat(next.stream(), unseen).toList());
	}

	/**
	 * What governing needs.
	 *
	 * @param keeper decides what happens to a schema; it also gets the names of those
	 * that are still to come
	 * @param schemas governs the schemas of the process
	 */
	public record Settings(BiConsumer<MigrationTarget, List<String>> keeper, GovernedSchemas schemas) {
	}

}
