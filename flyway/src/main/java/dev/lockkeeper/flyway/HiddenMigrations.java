// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.lockkeeper.schema.ChangeSetReference;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.configuration.ClassicConfiguration;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.migration.JavaMigration;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Hides repeatable migrations from Flyway that newer code has replaced. It would execute
 * them again, because they differ from what was executed last.
 */
final class HiddenMigrations {

	private final Set<String> descriptions;

	HiddenMigrations(List<ChangeSetReference> hidden) {
		this.descriptions = hidden.stream().map(ChangeSetReference::id).collect(Collectors.toUnmodifiableSet());
	}

	/**
	 * Hide them from a configuration. What is executed and not there is no mistake then.
	 */
	void hideFrom(ClassicConfiguration configuration) {
		if (this.descriptions.isEmpty()) {
			return;
		}
		configuration.setResourceProvider(new Remaining(MigrationResources.of(configuration), configuration));
		configuration.setJavaMigrations(Arrays.stream(configuration.getJavaMigrations())
			.filter((migration) -> migration.getVersion() != null
					|| !this.descriptions.contains(migration.getDescription()))
			.toArray(JavaMigration[]::new));
		FlywayBean.ignore(configuration, "repeatable:missing");
	}

	/**
	 * The files that are not hidden.
	 */
	private final class Remaining implements ResourceProvider {

		private final ResourceProvider all;

		private final String prefix;

		private final String beginning;

		Remaining(ResourceProvider all, Configuration configuration) {
			this.all = all;
			this.prefix = configuration.getRepeatableSqlMigrationPrefix();
			this.beginning = this.prefix + configuration.getSqlMigrationSeparator();
		}

		@Override
		public @Nullable LoadableResource getResource(String name) {
			return this.all.getResource(name);
		}

		@Override
		public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
			Collection<LoadableResource> resources = this.all.getResources(prefix, suffixes);
			return prefix.equals(this.prefix)
					? resources.stream().filter((resource) -> !isHidden(resource.getFilename(), suffixes)).toList()
					: resources;
		}

		private boolean isHidden(String file, String[] suffixes) {
			return Arrays.stream(suffixes)
				.filter(file::endsWith)
				.map((suffix) -> file.substring(0, file.length() - suffix.length()))
				.filter((name) -> name.startsWith(this.beginning))
				.map((name) -> name.substring(this.beginning.length()).replace('_', ' '))
				.anyMatch(HiddenMigrations.this.descriptions::contains);
		}

	}

}
