// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.app;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.support.SpringBootServletInitializer;

/**
 * Starts an application that is deployed as a WAR.
 */
public class WarInitializer extends SpringBootServletInitializer {

	@Override
	protected SpringApplicationBuilder configure(SpringApplicationBuilder builder) {
		return builder.sources(PlainApplication.class);
	}

}
