namespace BoxTeacher.Workbench

open System.Text.Json
open BoxTeacher.Training

/// What the recipes of an ablation's variants do not have in common.
[<RequireQualifiedAccess>]
module RecipeDifferences =

    /// The keys whose values differ, each with its value in every recipe; None where a recipe does not have the key.
    let between (recipes: JsonElement list) =
        let all = recipes |> List.map (fun recipe -> [ for leaf in RecipeLeaves.Of recipe -> leaf.Key, leaf.Value ])
        let keys = all |> List.collect (List.map fst) |> List.distinct

        [ for key in keys do
              let values = all |> List.map (fun recipe -> recipe |> List.tryFind (fun (name, _) -> name = key) |> Option.map snd)

              if values |> List.distinct |> List.length > 1 then
                  key, values ]

    let private recipes (result: AblationResult) =
        [ for variant in result.Variants do
              match AblationResult.runsOf variant result with
              | run :: _ -> variant, Json.parse run.Run.Recipe
              | [] -> () ]

    let private differences (recipes: (string * JsonElement) list) =
        between (List.map snd recipes) |> List.filter (fun (key, _) -> key <> "name" && key <> "seed" && key <> "notes")

    /// The keys that differ between the variants, each with its value in every variant; names, seeds and notes are left out.
    let swept (result: AblationResult) =
        [ for key, values in differences (recipes result) -> key, values |> List.map (Option.defaultValue "–") ]

    /// A table of the variants' differences, a row a key; the recipes' names, seeds and notes are left out.
    let table (result: AblationResult) =
        let recipes = recipes result

        let columns =
            Column.text "key" fst
            :: [ for index, (variant, _) in List.indexed recipes ->
                     Column.text variant (fun (_, values: string option list) -> (values[index] |> Option.defaultValue "–").Trim '"') ]

        Table.ofRows "" columns (differences recipes)
