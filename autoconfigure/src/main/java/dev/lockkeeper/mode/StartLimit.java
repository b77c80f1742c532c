// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * How long a platform lets a process start before it takes the start for failed, by its
 * documentation of November 2026.
 *
 * @param platform the name of the platform
 * @param unlessSet the limit that holds unless another one is set
 * @param most the longest limit that may be set; {@code null} when the documentation
 * names none
 * @param setting what sets another limit; {@code null} when nothing does
 * @since 0.1.0
 */
public record StartLimit(String platform, Duration unlessSet, @Nullable Duration most, @Nullable String setting) {

	/**
	 * Find the limit of the platform of a process.
	 * @param environment the environment
	 * @return the limit, or {@code null} when none is known
	 */
	public static @Nullable StartLimit find(ConfigurableEnvironment environment) {
		String name = PlatformDetector.detect(environment).name();
		Platform platform = (name != null) ? Platform.find(name) : null;
		return (platform != null && !isDokku(platform, environment)) ? of(platform) : null;
	}

	// It sets Heroku's variable, and has other limits
	private static boolean isDokku(Platform platform, ConfigurableEnvironment environment) {
		return platform == Platform.HEROKU && environment.containsProperty("DOKKU_APP_TYPE");
	}

	static @Nullable StartLimit of(Platform platform) {
		return switch (platform) {
			case HEROKU -> of(platform, 60, 90, "the Java buildpack");
			case CLOUD_FOUNDRY -> of(platform, 60, 180, "timeout in the manifest");
			case CLOUD_RUN -> of(platform, 240, 240, null);
			case NOMAD -> of(platform, 300, null, "healthy_deadline in the job's update block");
			case FLY -> of(platform, 300, null, "wait_timeout in fly.toml");
			case RAILWAY -> of(platform, 300, null, "RAILWAY_HEALTHCHECK_TIMEOUT_SEC");
			case RENDER -> of(platform, 900, 900, null);
			case AZURE_CONTAINER_APPS -> of(platform, 240, null, "a startup probe");
			case AZURE_APP_SERVICE -> of(platform, 230, 1800, "WEBSITES_CONTAINER_START_TIME_LIMIT");
			default -> null;
		};
	}

	private static StartLimit of(Platform platform, int unlessSet, @Nullable Integer most, @Nullable String setting) {
		return new StartLimit(platform.name(), Duration.ofSeconds(unlessSet),
				(most != null) ? Duration.ofSeconds(most) : null, setting);
	}

	/**
	 * Return whether a wait at the start can end within the limit.
	 * @param wait the longest time of the wait
	 * @param chosen whether that time was chosen, perhaps together with another limit
	 * @return whether it can; what else the process does at its start is not counted
	 */
	public boolean fits(Duration wait, boolean chosen) {
		if (wait.compareTo(this.unlessSet) < 0) {
			return true;
		}
		return chosen && this.setting != null && (this.most == null || wait.compareTo(this.most) < 0);
	}

	/**
	 * Return which waits fit.
	 * @return the bound below which they are, in words that follow "less than"
	 */
	public String fitting() {
		String bound = this.unlessSet.toSeconds() + "s";
		if (this.setting == null) {
			return bound;
		}
		return bound + ((this.most != null) ? ", or to less than %ds where that is set".formatted(this.most.toSeconds())
				: ", or to less than what is set there");
	}

	@Override
	public String toString() {
		String limit = "%s gives a start %d seconds".formatted(this.platform, this.unlessSet.toSeconds());
		if (this.setting == null) {
			return limit;
		}
		return "%s unless %s sets more%s".formatted(limit, this.setting,
				(this.most != null) ? ", at most %d".formatted(this.most.toSeconds()) : "");
	}

}
