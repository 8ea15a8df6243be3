package dev.edgeinfinite.demo

import android.app.ActivityManager
import android.content.Intent
import android.os.Build
import android.view.View
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.TextView
import dev.edgeinfinite.BenchmarkPoint
import dev.edgeinfinite.BenchmarkReport

/** Measures growing lengths, draws what they cost and shares the numbers. */
class BenchmarkPage(private val view: View, private val app: DemoApp, private val screen: Screen) {
    private val thermal = view.findViewById<TextView>(R.id.thermal)
    private val go = view.findViewById<View>(R.id.measure)
    private val stop = view.findViewById<View>(R.id.measure_stop)
    private val share = view.findViewById<View>(R.id.share)
    private val bar = view.findViewById<ProgressBar>(R.id.measure_bar)
    private val status = view.findViewById<TextView>(R.id.measure_status)
    private val curves = view.findViewById<View>(R.id.curves)
    private val list = view.findViewById<LinearLayout>(R.id.points)
    private var shown = emptyList<BenchmarkPoint>()

    init {
        go.setOnClickListener { screen.viewModel.measure(app.lengths) }
        stop.setOnClickListener { screen.viewModel.stop() }
        share.setOnClickListener { share() }
    }

    fun show(state: ReaderUiState) {
        val sweep = state.sweep
        go.shown(!state.measuring)
        go.isEnabled = !state.busy
        stop.shown(state.measuring)
        share.shown(!state.measuring && sweep.points.isNotEmpty() && state.engine != null)
        bar.shown(state.measuring)
        bar.isIndeterminate = sweep.progress == null
        bar.progress = sweep.progress?.percent ?: 0
        showStatus(sweep)
        showThermal()
        if (sweep.points != shown) showPoints(sweep.points)
        curves.shown(sweep.points.isNotEmpty())
    }

    private fun showStatus(sweep: Sweep) {
        val context = view.context
        val number = minOf(sweep.points.size + 1, sweep.lengths)
        val words = when (sweep.phase) {
            null -> ""

            Phase.Working -> {
                val progress = sweep.progress?.sentence(context)
                if (progress == null) {
                    context.getString(R.string.measuring, number, sweep.lengths)
                } else {
                    context.getString(R.string.measuring_reading, number, sweep.lengths, progress)
                }
            }

            Phase.Done -> context.getString(R.string.measured)

            Phase.Stopped -> context.getString(R.string.stopped)

            Phase.Failed -> context.getString(problem(sweep.problem!!))
        }
        status.shown(words.isNotEmpty())
        status.setTextColor(context.getColor(if (sweep.phase == Phase.Failed) R.color.warn else R.color.ink_soft))
        status.say(words)
    }

    private fun showThermal() {
        val names = view.resources.getStringArray(R.array.thermal_status)
        val name = app.thermal()?.let(names::getOrNull)
        thermal.shown(name != null)
        if (name != null) thermal.say(view.context.getString(R.string.thermal, name))
    }

    private fun showPoints(points: List<BenchmarkPoint>) {
        val context = view.context
        view.findViewById<CurveView>(R.id.curve_first_word)
            .show(context.getString(R.string.curve_first_word), points, ::millis) { it.ttftMs }
        view.findViewById<CurveView>(R.id.curve_memory)
            .show(context.getString(R.string.curve_memory), points, { bytes(it.toLong()) }) { it.peakRssBytes.toDouble() }
        while (list.childCount > 1) list.removeViewAt(1) // the heading stays
        for (point in points) {
            val title = list.inflate(R.layout.point_title) as TextView
            title.text = context.getString(R.string.point_title, count(point.documentTokens))
            list.addView(title)
            val figures = LinearLayout(context).apply { orientation = LinearLayout.VERTICAL }
            val found = context.getString(if (point.found) R.string.yes else R.string.no)
            figures.showFigures(
                listOf(
                    R.string.point_read to millis(point.readMs),
                    R.string.first_word to millis(point.ttftMs),
                    R.string.index to bytes(point.indexBytes),
                    R.string.state to bytes(point.stateBytes),
                    R.string.memory to bytes(point.peakRssBytes),
                    R.string.point_found to found,
                ),
            )
            list.addView(figures)
        }
        shown = points
    }

    private fun share() {
        val state = screen.viewModel.uiState.value
        val engine = state.engine ?: return
        val report = BenchmarkReport(engine.info, engine.model.execution, state.sweep.points)
        val send = Intent(Intent.ACTION_SEND)
            .setType("application/json")
            .putExtra(Intent.EXTRA_SUBJECT, view.context.getString(R.string.share_subject))
            .putExtra(Intent.EXTRA_TEXT, report.json(device()))
        view.context.startActivity(Intent.createChooser(send, null))
    }

    /** What a number depends on, and nothing that tells one phone of a kind from another. */
    private fun device(): Map<String, Any> = buildMap {
        put("maker", Build.MANUFACTURER)
        put("model", Build.MODEL)
        if (Build.VERSION.SDK_INT >= 31) put("chip", "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}")
        put("android", Build.VERSION.SDK_INT)
        put("abi", Build.SUPPORTED_ABIS.firstOrNull().orEmpty())
        put("cores", Runtime.getRuntime().availableProcessors())
        val memory = ActivityManager.MemoryInfo()
        app.getSystemService(ActivityManager::class.java).getMemoryInfo(memory)
        put("memory_bytes", memory.totalMem)
    }
}
