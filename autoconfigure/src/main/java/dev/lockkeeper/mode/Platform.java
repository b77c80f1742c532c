// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The platforms that are recognised, in the order in which they are checked: several of
 * them run on Kubernetes, and functions run on others. A process defers by default where
 * a step before the release is the rule, and where it is a function. Elsewhere nothing in
 * its environment shows that such a step is used, and the process would wait in vain.
 * Each variable is one that the documentation of its platform names.
 */
enum Platform {

	CLOUD_FOUNDRY(null, "VCAP_APPLICATION", "VCAP_SERVICES"),

	HEROKU(null, "DYNO"),

	SAP("it has no step before a release", "HC_LANDSCAPE"),

	NOMAD(null, "NOMAD_ALLOC_ID"),

	FLY("it has no step before a release unless fly.toml names one", "FLY_APP_NAME"),

	RAILWAY("it has no step before a release unless a pre-deploy command is set", "RAILWAY_SERVICE_ID"),

	RENDER("it has no step before a release unless a pre-deploy command is set", "RENDER_SERVICE_ID"),

	AZURE_CONTAINER_APPS("it has no step before a release unless a job is run first", "CONTAINER_APP_NAME",
			"CONTAINER_APP_JOB_NAME"),

	KUBERNETES(null, "KUBERNETES_SERVICE_HOST"),

	AZURE_APP_SERVICE("it has no step before a release", "WEBSITE_SITE_NAME"),

	AWS_ECS(null, "AWS_EXECUTION_ENV"),

	CLOUD_RUN(null, "K_SERVICE", "CLOUD_RUN_JOB", "CLOUD_RUN_WORKER_POOL"),

	APP_ENGINE("it has no step before a release", "GAE_SERVICE"),

	VERCEL("its build is no step before a release", "VERCEL"),

	NETLIFY("its build is no step before a release", "NETLIFY"),

	AWS_LAMBDA(null, "AWS_LAMBDA_FUNCTION_NAME"),

	GOOGLE_FUNCTIONS(null, "FUNCTION_TARGET"),

	AZURE_FUNCTIONS(null, "FUNCTIONS_WORKER_RUNTIME");

	private static final List<Platform> FUNCTIONS = List.of(AWS_LAMBDA, GOOGLE_FUNCTIONS, AZURE_FUNCTIONS);

	private final @Nullable String remark;

	/**
	 * Separated by spaces.
	 */
	private final String variables;

	/**
	 * Create a platform.
	 * @param remark why a process does not defer by default; {@code null} when it does
	 * @param variables the variables that the platform sets, any of which shows it
	 */
	Platform(@Nullable String remark, String... variables) {
		this.remark = remark;
		this.variables = String.join(" ", variables);
	}

	/**
	 * Return the platforms of functions: they bill an instance that waits, its caller
	 * waits too, and there may be many instances.
	 */
	static List<Platform> functions() {
		return FUNCTIONS;
	}

	static @Nullable Platform find(String name) {
		return Arrays.stream(values()).filter((platform) -> platform.name().equals(name)).findFirst().orElse(null);
	}

	boolean isDeferring() {
		return this.remark == null;
	}

	Stream<String> variables() {
		return Arrays.stream(this.variables.split(" "));
	}

	/**
	 * Return why a process does not defer here by default.
	 */
	@Nullable String getRemark() {
		return this.remark;
	}

}
