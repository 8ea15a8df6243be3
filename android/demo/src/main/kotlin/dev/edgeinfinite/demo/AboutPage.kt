package dev.edgeinfinite.demo

import android.view.View
import android.widget.LinearLayout
import android.widget.TextView
import dev.edgeinfinite.Accelerator

/** What the app is, what it promises, and what model it holds. */
class AboutPage(private val view: View, private val screen: Screen) {
    private val description = view.findViewById<TextView>(R.id.model_description)
    private val skipped = view.findViewById<TextView>(R.id.model_skipped)
    private val again = view.findViewById<View>(R.id.model_again)
    private val version = view.findViewById<TextView>(R.id.version)
    private var shown: Engine? = null

    init {
        again.setOnClickListener { screen.viewModel.readAgain() }
    }

    fun show(state: ReaderUiState) {
        val engine = state.engine
        val failure = state.engineProblem.takeIf { engine == null }
        again.shown(failure != null && !state.busy)
        description.setTextColor(view.context.getColor(if (failure == null) R.color.ink else R.color.warn))
        val words = when {
            engine != null -> engine.info.description
            failure != null -> view.context.getString(R.string.about_model_missing, view.context.getString(problem(failure)))
            else -> view.context.getString(R.string.card_opening)
        }
        description.say(words)
        version.say(version(engine))
        if (engine != null && engine !== shown) showModel(engine)
        shown = engine
    }

    private fun version(engine: Engine?): String {
        val app = view.context.packageManager.getPackageInfo(view.context.packageName, 0).versionName
        return if (engine == null) {
            view.context.getString(R.string.version_app, app)
        } else {
            view.context.getString(R.string.version, app, engine.version)
        }
    }

    private fun showModel(engine: Engine) {
        val info = engine.info
        val execution = engine.model.execution
        val scenario = info.scenarios.first { it.name == info.defaultScenario }
        view.findViewById<LinearLayout>(R.id.model_figures).showFigures(
            listOf(
                R.string.model_name to "${info.name} ${info.version}",
                R.string.model_licence to info.licence,
                R.string.model_parameters to count(info.parameters),
                R.string.model_layers to count(info.layers.toLong()),
                R.string.model_size to bytes(info.folderBytes),
                R.string.state to bytes(scenario.stateBytes),
                R.string.model_segment to count(scenario.segment.toLong()),
                R.string.model_window to count(scenario.window.toLong()),
                R.string.model_runs_on to name(execution.accelerator),
                R.string.model_precision to execution.precision,
            ),
        )
        skipped.shown(execution.skipped.isNotEmpty())
        skipped.text = execution.skipped.joinToString("\n") {
            view.context.getString(R.string.model_skipped, name(it.accelerator), it.reason)
        }
    }

    private fun name(accelerator: Accelerator) = view.context.getString(
        when (accelerator) {
            Accelerator.Npu -> R.string.accelerator_npu
            Accelerator.Nnapi -> R.string.accelerator_nnapi
            Accelerator.Xnnpack -> R.string.accelerator_xnnpack
            Accelerator.Cpu -> R.string.accelerator_cpu
        },
    )
}
