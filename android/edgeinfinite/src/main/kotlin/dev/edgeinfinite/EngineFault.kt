package dev.edgeinfinite

/**
 * A defect of this library. What was being worked on refuses every further call; the app and everything else live on.
 * Please report it.
 */
public class EngineFault(message: String) : RuntimeException(message)
