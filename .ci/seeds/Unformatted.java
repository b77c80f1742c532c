package dev.lockkeeper.exit;
class Unformatted { int   a; }
