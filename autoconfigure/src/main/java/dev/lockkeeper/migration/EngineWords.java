// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * The words that messages use for the engine of a schema, and what they advise its users
 * to do.
 *
 * @param engine the name of the engine
 * @param lock what its users call the lock that it keeps
 * @param dropFirst the setting that lets a run begin by dropping everything
 * @param ownSessions how a run gets connections that share no sessions: an imperative,
 * which ends with a full stop
 * @param remainAdvice what to check when a run ends without a failure, and change sets
 * remain: a sentence
 * @since 0.1.0
 */
public record EngineWords(String engine, String lock, String dropFirst, String ownSessions, String remainAdvice) {
}
