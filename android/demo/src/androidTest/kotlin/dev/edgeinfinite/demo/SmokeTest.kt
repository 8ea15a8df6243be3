package dev.edgeinfinite.demo

/** On a phone or an emulator: `gradle :demo:connectedAndroidTest`. */
class SmokeTest : Smoke()
