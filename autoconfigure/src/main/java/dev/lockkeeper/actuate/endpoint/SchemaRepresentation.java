// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.nio.charset.StandardCharsets;

import org.springframework.boot.actuate.endpoint.ApiVersion;
import org.springframework.boot.actuate.endpoint.Producible;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;

/**
 * The forms in which the endpoint answers over the web. A request that accepts several of
 * them gets the one that is declared last; one that accepts anything gets the default.
 *
 * @since 0.1.0
 */
// A MIME type never changes
@SuppressWarnings("ImmutableEnumChecker")
public enum SchemaRepresentation implements Producible<SchemaRepresentation> {

	/** JSON, for a program that names the second version of the actuator's type. */
	ACTUATOR_V2(ApiVersion.V2.getProducedMimeType()),

	/** JSON, for a program that names no type. */
	ACTUATOR_V3(ApiVersion.V3.getProducedMimeType()),

	/** Text, for a client that requests it. */
	TEXT(new MimeType("text", "plain", StandardCharsets.UTF_8)),

	/** A page, for a browser. */
	HTML(new MimeType("text", "html", StandardCharsets.UTF_8)),

	/** JSON, for a program that names its usual type. */
	JSON(MimeTypeUtils.APPLICATION_JSON);

	private final MimeType type;

	SchemaRepresentation(MimeType type) {
		this.type = type;
	}

	/**
	 * Return the form of a description where this one is requested.
	 * @return a form that is JSON
	 */
	public SchemaRepresentation ofDescription() {
		return (this == HTML || this == TEXT) ? JSON : this;
	}

	@Override
	public MimeType getProducedMimeType() {
		return this.type;
	}

	@Override
	public boolean isDefault() {
		return this == ACTUATOR_V3;
	}

}
